package ui

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/settings"
	"kinora/app/studio"
	"kinora/assets"
	"kinora/ui/theme"
	"kinora/ui/widgets"
)

// Window is Kinora's window. Its methods belong to the goroutine that draws.
type Window struct {
	app  fyne.App
	win  fyne.Window
	door Door
	meta Meta
	*bridge
	speech

	remembered settings.Values // as last read from the studio
	saving     sync.Mutex
	dialog     dialog.Dialog   // the one on show, or the last
	enter      func()          // what Return does to it; nil: nothing
	lastFolder string          // where the last export went
	leaving    bool            // it is being asked whether to close
	deleted    [][]job.ID      // what Ctrl+Z brings back, the last first
	unkept     map[job.ID]bool // clips that are gone when the window is closed
	series     *series         // clips asked for together; nil: none are under way
	right      *fyne.Container
	panes      *fyne.Container // the three of them
	over       *widgets.Overlay
	device     *widgets.Text
	folder     *widgets.Button
	set        *widgets.Button
	stops      []func()

	compose *compose
	queue   *queue
	stage   *stage
	gallery *gallery
	shop    *shop
}

// New makes the window, not yet shown.
func New(a fyne.App, d Door, m Meta) *Window { return open(a, d, m, newBridge()) }

func open(a fyne.App, d Door, m Meta, b *bridge) *Window {
	w := &Window{app: a, door: d, meta: m, bridge: b, remembered: d.Settings(), unkept: map[job.ID]bool{}}
	w.dress()
	w.win = a.NewWindow("Kinora")
	w.win.SetMaster()
	w.win.SetPadded(false)
	w.win.SetIcon(fyne.NewStaticResource("icon.png", assets.Icon))
	w.win.SetOnDropped(func(_ fyne.Position, files []fyne.URI) { w.drop(files) })
	w.build()
	w.win.Resize(comfortable)
	w.keys()
	w.stops = append(w.stops,
		d.Watch(func(j job.Job) { w.post(j.ID, func() { w.job(j) }) }),
		d.Listen(func(e studio.Event) { w.post(nil, func() { w.event(e) }) }))
	w.win.SetCloseIntercept(w.leave)
	w.win.SetOnClosed(w.close)
	return w
}

// ShowAndRun shows the window and returns when it is closed.
func (w *Window) ShowAndRun() {
	w.win.Show()
	w.fit() // how many pixels a unit has is known only now
	w.app.Run()
}

// comfortable is the size that the window opens with where there is room.
var comfortable = fyne.NewSize(1240, 800)

// titleBar is about how high the system's part of a window is.
const titleBar = 32

// fit makes the window no larger than the screen.
func (w *Window) fit() {
	room, scale := w.meta.Screen, w.Canvas().Scale()
	if room.Width <= 0 || room.Height <= 0 || scale <= 0 {
		return
	}
	size := comfortable.Min(fyne.NewSize(room.Width/scale, room.Height/scale-titleBar))
	if size != comfortable {
		w.win.Resize(size)
	}
}

// Canvas is what the window draws on.
func (w *Window) Canvas() fyne.Canvas { return w.win.Canvas() }

// leave closes the window, but asks first while something is being made.
func (w *Window) leave() {
	n := 0
	for _, j := range w.door.Jobs() {
		if !j.State.Ended() {
			n++
		}
	}
	if n == 0 && len(w.unkept) == 0 || w.leaving {
		w.win.Close()
		return
	}
	var text []string
	switch {
	case n == 1:
		text = append(text, w.say("A clip is not finished. It stays in the history and can be run again."))
	case n > 1:
		text = append(text, w.say("%d clips are not finished. They stay in the history and can be run again.", n))
	}
	if len(w.unkept) > 0 {
		text = append(text, w.say("A clip that could not be kept is lost then: export it first."))
	}
	d := dialog.NewConfirm(w.say("Close Kinora?"), strings.Join(text, "\n"), func(ok bool) {
		w.leaving = false
		if ok {
			w.win.Close()
		}
	}, w.win)
	d.SetConfirmText(w.say("Close"))
	d.SetDismissText(w.say("Cancel"))
	w.leaving = true // whoever presses twice means it
	w.show(d)
}

func (w *Window) close() {
	for _, stop := range w.stops {
		stop()
	}
	w.stage.player.Pause()
	w.bridge.close()
}

// dress puts on the chosen theme and language.
func (w *Window) dress() {
	w.speech = speak(w.remembered.Language, lang.SystemLocale().LanguageString())
	w.teach() // else the toolkit speaks the system's language
	w.app.Settings().SetTheme(theme.Kinora{Mode: theme.Mode(w.remembered.Theme)})
}

// build makes all views in the language of the day.
func (w *Window) build() {
	w.over = widgets.NewOverlay(w.later)
	w.stage = newStage(w)
	w.queue = newQueue(w)
	w.gallery = newGallery(w)
	if w.shop == nil || w.shop.stop == nil { // a language is no reason to stop
		w.shop = newShop(w)
	}
	w.compose = newCompose(w)
	w.right = container.New(&rightPane{10, w.queue.like}, w.queue.content(), w.gallery.content())
	w.panes = container.New(&columns{gap: 10, left: 352, right: 300, minMiddle: 340, minRight: 236}, w.compose.content(), w.stage.content(), w.right)
	page := container.NewBorder(w.header(), nil, nil, nil, w.panes)
	w.win.SetContent(container.NewStack(page, w.over))
	for _, j := range w.door.Jobs() {
		if !j.State.Ended() {
			w.job(j)
		}
	}
	w.gallery.search("")
	w.shop.look(nil)
	w.win.Canvas().Focus(w.compose.prompt)
}

func (w *Window) header() fyne.CanvasObject {
	icon := canvas.NewImageFromResource(fyne.NewStaticResource("icon.png", assets.Icon))
	icon.FillMode = canvas.ImageFillContain
	icon.SetMinSize(fyne.NewSquareSize(26))
	name := widgets.NewText("Kinora", fynetheme.SizeNameSubHeadingText, "")
	name.Bold, name.Whole = true, true
	w.device = widgets.Caption("")
	w.device.Align = fyne.TextAlignTrailing
	w.on(w.meta.Device)
	w.folder = widgets.NewIcon(fynetheme.FolderOpenIcon(), w.say("Open the folder of clips"), w.over, func() { w.openFolder(w.door.Folder()) })
	w.set = widgets.NewIcon(fynetheme.SettingsIcon(), w.say("Settings"), w.over, w.settings)
	return widgets.Inset(widgets.Fill(12, widgets.Row(9, icon, name), w.device, widgets.Row(2, w.folder, w.set)), 9)
}

// job shows the newest state of a job.
func (w *Window) job(j job.Job) {
	w.queue.show(j)
	w.stage.follow(j)
	w.compose.busy()
	if j.State.Ended() {
		w.ended(j.ID)
	}
	if on := j.Progress.Device; on != "" && on != w.meta.Device && j.State == job.Running {
		w.on(on)
	}
	if j.State == job.Done {
		w.compose.check() // how long the next one takes is known better now
		w.gallery.reload()
	}
}

// on shows the device: what was chosen, or what a clip is made on.
func (w *Window) on(device string) {
	w.meta.Device = device
	if name, ok := choices[device]; ok {
		device = w.say(name)
	}
	w.device.SetText(w.say("Device") + ": " + device)
}

// event shows what changed behind the window's back.
func (w *Window) event(e studio.Event) {
	switch e.Topic {
	case studio.HistoryChanged:
		w.gallery.reload()
	case studio.ModelsChanged, studio.ConfigChanged:
		w.compose.models()
		w.shop.look(w.shop.showAll)
	case studio.SettingsChanged:
		w.redress()
	}
	switch {
	case e.Err != nil:
		w.fail(e.Err)
	case e.Text != "":
		w.over.Toast(w.told(e.Text), "", nil)
	}
}

// redress takes over changed settings; a change of language builds the views anew.
func (w *Window) redress() {
	was := w.remembered
	w.remembered = w.door.Settings()
	if was.Theme != w.remembered.Theme || was.Language != w.remembered.Language {
		w.dress()
	}
	if was.Language != w.remembered.Language {
		order, lines := w.compose.order(), w.compose.lines.Checked
		lock := w.compose.locked
		w.stage.player.Pause()
		w.build()
		w.compose.write(written{order.Request, order.ImagePath, lines})
		w.compose.lock(lock)
	}
}

// fail says in a dialog what went wrong.
func (w *Window) fail(err error) {
	if err == nil || isCancelled(err) {
		return
	}
	d := dialog.NewCustom(w.say("That did not work"), w.say("OK"), w.grief(err), w.win)
	w.show(d)
	w.enter = d.Hide
}

// unfinished shows a clip that was made and could not be kept, or says why there is none.
func (w *Window) unfinished(e history.Entry) { w.rescue(e, func() { w.missing(e) }) }

// rescue opens a clip that is in memory alone, to be exported elsewhere. Of one that is
// not, it does otherwise.
func (w *Window) rescue(e history.Entry, otherwise func()) {
	w.background(func() func() {
		_, err := w.door.Clip(context.Background(), e.ID)
		return func() {
			if err != nil {
				otherwise()
				return
			}
			w.unkept[e.ID] = true
			w.stage.open(e)
			w.over.Toast(w.say("This clip could not be kept: export it before Kinora is closed"), "", nil)
		}
	})
}

// missing says why there is no clip, and offers to make it.
func (w *Window) missing(e history.Entry) {
	why := errText(or(e.Err, w.say("It was stopped.")))
	w.show(dialog.NewCustomConfirm(w.say("This clip was not finished"), w.say("Run again"), w.say("Close"), w.grief(why), func(ok bool) {
		if ok {
			w.again(orderOf(e))
		}
	}, w.win))
}

// grief is an error as dialogs show it.
func (w *Window) grief(err error) fyne.CanvasObject {
	text := widget.NewLabel(w.sentence(err))
	text.Wrapping = fyne.TextWrapWord
	icon := widget.NewIcon(fynetheme.NewErrorThemedResource(fynetheme.ErrorIcon()))
	return widgets.Wide(container.NewBorder(nil, nil, container.NewVBox(icon), nil, text), 420)
}

// show shows a dialog, which Esc puts away.
func (w *Window) show(d dialog.Dialog) {
	w.dialog, w.enter = d, nil
	d.Show()
}

func isCancelled(err error) bool { return errors.Is(err, errCancelled) }

// openFolder shows a folder, or the folder of a file, in the system's browser.
func (w *Window) openFolder(path string) {
	if path == "" {
		return
	}
	u := &url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	if !strings.HasPrefix(u.Path, "/") {
		u.Path = "/" + u.Path // C:/… on Windows
	}
	w.background(func() func() {
		if err := w.app.OpenURL(u); err != nil {
			// Where nothing opens folders, people want to know which one it is.
			return func() { w.fail(errText(w.say("This system does not open folders for Kinora; look in %s", path))) }
		}
		return nil
	})
}
