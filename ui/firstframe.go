package ui

import (
	"image"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	fynetheme "fyne.io/fyne/v2/theme"

	"kinora/inference"
	"kinora/ui/theme"
	"kinora/ui/widgets"
)

// pictures are the kinds of file that can be a first frame.
var pictures = []string{".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}

// firstFrame is the picture that a clip starts from.
type firstFrame struct {
	w       *Window
	path    string
	picture *inference.Picture
	turn    int

	choose, clear *widgets.Button
	byPath        *widgets.Button
	offer         fyne.CanvasObject // while there is no picture
	thumb         *canvas.Image
	frame         fyne.CanvasObject
	name          *widgets.Text
}

func newFirstFrame(w *Window) *firstFrame {
	f := &firstFrame{w: w}
	f.choose = widgets.NewButton(w.say("Start from an image…"), fynetheme.MediaPhotoIcon(), f.browse)
	f.byPath = widgets.NewIcon(fynetheme.ContentPasteIcon(), w.say("By its path"), w.over, f.ask)
	f.offer = widgets.Fill(2, nil, f.choose, f.byPath)
	f.clear = widgets.NewIcon(fynetheme.CancelIcon(), w.say("Without the image"), w.over, func() { f.set("") })
	f.thumb = &canvas.Image{FillMode: canvas.ImageFillContain, ScaleMode: canvas.ImageScaleFastest}
	f.thumb.SetMinSize(fyne.NewSize(72, 54))
	f.name = widgets.Caption("")
	well := widgets.NewSurface(theme.Sunken, "")
	well.Corner = 8
	f.frame = container.NewStack(well, widgets.Inset(widgets.Fill(8, f.thumb, widgets.Column(2, widgets.NewTitle(w.say("First frame")), f.name), f.clear), 6))
	f.frame.Hide()
	return f
}

func (f *firstFrame) content() fyne.CanvasObject { return widgets.Column(0, f.offer, f.frame) }

// allow says whether the model can start from a picture.
func (f *firstFrame) allow(on bool) {
	able(f.choose, on)
	able(f.byPath, on)
	f.choose.Help, f.choose.Hints = "", f.w.over
	if !on {
		f.choose.Help = f.w.say("This model cannot start from an image")
		f.set("")
	}
}

func (f *firstFrame) browse() {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil {
			f.w.fail(err)
		}
		if r != nil {
			r.Close()
			f.set(r.URI().Path())
		}
	}, f.w.win)
	d.SetFilter(storage.NewExtensionFileFilter(pictures))
	if last := or(f.path, f.w.remembered.LastImage); last != "" {
		if u, err := storage.ListerForURI(storage.NewFileURI(filepath.Dir(last))); err == nil {
			d.SetLocation(u)
		}
	}
	f.w.present(d)
}

// ask takes the path of a picture as typed or pasted.
func (f *firstFrame) ask() {
	path := widgets.NewEntry()
	path.SetPlaceHolder(f.w.say("Path of a picture"))
	d := dialog.NewCustomConfirm(f.w.say("Start from an image"), f.w.say("OK"), f.w.say("Cancel"), widgets.Wide(path, 460), func(ok bool) {
		if ok && strings.TrimSpace(path.Text) != "" {
			f.set(pathOf(path.Text))
		}
	}, f.w.win)
	path.OnSubmitted = func(string) { d.Confirm() }
	f.w.show(d)
	f.w.Canvas().Focus(path)
}

// pathOf takes a path as people paste it: in quotes, as a file's address, or below
// their home.
func pathOf(text string) string {
	s := strings.Trim(strings.TrimSpace(text), `"'`)
	if u, err := url.Parse(s); err == nil && u.Scheme == "file" {
		s = filepath.FromSlash(u.Path)
		if filepath.VolumeName(strings.TrimLeft(s, `\`)) != "" {
			s = strings.TrimLeft(s, `\`) // file:///C:/… on Windows
		}
	}
	if rest, ok := strings.CutPrefix(s, "~"+string(filepath.Separator)); ok {
		if home, err := os.UserHomeDir(); err == nil {
			s = filepath.Join(home, rest)
		}
	}
	return s
}

// set loads the picture at path in the background; an empty path clears it.
func (f *firstFrame) set(path string) {
	f.turn++
	if path == "" {
		f.show("", nil, nil)
		return
	}
	f.load(path, func(err error) { f.w.fail(err) }, f.show)
}

// restore loads the picture of last time. That it is gone is no reason to stop anyone.
func (f *firstFrame) restore(path string) {
	if f.turn++; path == "" {
		return
	}
	f.load(path, func(error) {
		f.w.over.Toast(f.w.say("The picture %s cannot be read any more; the clip starts without it", filepath.Base(path)), "", nil)
	}, func(path string, p *inference.Picture, img image.Image) {
		f.w.compose.restored = true
		f.show(path, p, img)
	})
}

func (f *firstFrame) load(path string, fail func(error), show func(string, *inference.Picture, image.Image)) {
	turn := f.turn
	f.w.background(func() func() {
		p, err := f.w.door.LoadImage(path)
		var img image.Image
		if err == nil {
			img = shrink(p, 144)
		}
		return func() {
			switch {
			case turn != f.turn:
			case err != nil:
				fail(err)
			default:
				show(path, p, img)
			}
		}
	})
}

func (f *firstFrame) show(path string, p *inference.Picture, img image.Image) {
	f.path, f.picture, f.thumb.Image = path, p, img
	f.name.SetText(filepath.Base(path))
	if p == nil {
		f.frame.Hide()
		f.offer.Show()
	} else {
		f.offer.Hide()
		f.frame.Show()
	}
	f.thumb.Refresh()
	if f.w.compose != nil {
		f.w.compose.relay()
		f.w.compose.changed()
	}
}

// shrink samples a picture down to at most n pixels a side.
func shrink(p *inference.Picture, n int) image.Image {
	k := max(float64(max(p.Width, p.Height))/float64(n), 1)
	w, h := max(int(float64(p.Width)/k), 1), max(int(float64(p.Height)/k), 1)
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			q := 3 * (int(float64(y)*k)*p.Width + int(float64(x)*k))
			d := m.Pix[m.PixOffset(x, y):]
			d[0], d[1], d[2], d[3] = p.Pix[q], p.Pix[q+1], p.Pix[q+2], 255
		}
	}
	return m
}
