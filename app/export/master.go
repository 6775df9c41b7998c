package export

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"os"
	"runtime"

	"kinora/inference"
)

// A master is a ZIP of stored PNG frames, with this beside them as clip.json.
type masterHead struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	FPS    int    `json:"fps"`
	Frames int    `json:"frames"`
	Recipe Recipe `json:"recipe"`
}

const (
	headName   = "clip.json"
	frameName  = "frames/%05d.png"
	maxFootage = 8 << 30 // bytes of RGB in one clip
)

// masterWriter compresses frames on all cores and writes them in order.
type masterWriter struct {
	zip    *zip.Writer
	head   masterHead
	queue  []chan coded
	frames int
}

type coded struct {
	png []byte
	err error
}

func newMaster(w io.Writer, h Head) (Writer, error) {
	if _, err := h.Recipe.marshal(); err != nil {
		return nil, err
	}
	return &masterWriter{zip: zip.NewWriter(w), head: masterHead{Width: h.Width, Height: h.Height, FPS: h.FPS, Recipe: h.Recipe}}, nil
}

func (m *masterWriter) Frame(rgb []byte) error {
	if len(m.queue) >= runtime.GOMAXPROCS(0) {
		if err := m.write(); err != nil {
			return err
		}
	}
	c := make(chan coded, 1)
	go func() {
		b, err := encodePNG(rgb, m.head.Width, m.head.Height, nil, png.BestSpeed)
		c <- coded{b, err}
	}()
	m.queue = append(m.queue, c)
	return nil
}

// write stores the oldest frame in work.
func (m *masterWriter) write() error {
	c := <-m.queue[0]
	m.queue = m.queue[1:]
	if c.err != nil {
		return c.err
	}
	m.frames++
	return m.store(fmt.Sprintf(frameName, m.frames-1), c.png)
}

func (m *masterWriter) store(name string, b []byte) error {
	w, err := m.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err == nil {
		_, err = w.Write(b)
	}
	return err
}

func (m *masterWriter) Abort() {
	for _, c := range m.queue {
		<-c
	}
	m.queue = nil
}

func (m *masterWriter) Close() error {
	defer m.Abort()
	for len(m.queue) > 0 {
		if err := m.write(); err != nil {
			return err
		}
	}
	m.head.Frames = m.frames
	b, err := json.Marshal(m.head)
	if err != nil {
		return err
	}
	if err := m.store(headName, b); err != nil {
		return err
	}
	return m.zip.Close()
}

// Footage is an open master.
type Footage struct {
	Width, Height, FPS, Frames int
	Recipe                     Recipe

	frames []*zip.File
	close  func() error
}

// OpenMaster opens the lossless frames at path. Nothing is decoded yet.
func OpenMaster(path string) (*Footage, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var foot *Footage
	info, err := f.Stat()
	if err == nil {
		foot, err = openMaster(f, info.Size())
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("footage %s: %w", path, err)
	}
	foot.close = f.Close
	return foot, nil
}

func openMaster(r io.ReaderAt, size int64) (*Footage, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	files := make(map[string]*zip.File, len(z.File))
	for _, f := range z.File {
		files[f.Name] = f
	}
	b, err := readEntry(files[headName], maxRecipe+4096)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", headName, err)
	}
	var h masterHead
	if err := json.Unmarshal(b, &h); err != nil || h.Recipe.Kinora == "" {
		return nil, ErrNoRecipe
	}
	if h.Width < 1 || h.Height < 1 || h.Width > maxSide || h.Height > maxSide || h.FPS < 1 || h.FPS > maxFPS ||
		h.Frames < 1 || h.Frames > maxFrames || int64(h.Width)*int64(h.Height)*3*int64(h.Frames) > maxFootage {
		return nil, fmt.Errorf("it claims %d frames of %d×%d, which is more than Kinora plays", h.Frames, h.Width, h.Height)
	}
	foot := &Footage{Width: h.Width, Height: h.Height, FPS: h.FPS, Frames: h.Frames, Recipe: h.Recipe, close: func() error { return nil }}
	for i := range h.Frames {
		f := files[fmt.Sprintf(frameName, i)]
		if f == nil {
			return nil, fmt.Errorf("frame %d is missing", i)
		}
		foot.frames = append(foot.frames, f)
	}
	return foot, nil
}

func readEntry(f *zip.File, limit int64) ([]byte, error) {
	if f == nil {
		return nil, errors.New("missing")
	}
	if f.UncompressedSize64 > uint64(limit) {
		return nil, fmt.Errorf("%d bytes are too many", f.UncompressedSize64)
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = errors.New("too large")
	}
	return b, err
}

// Close lets go of the file.
func (f *Footage) Close() error { return f.close() }

// Frame decodes frame i to RGB.
func (f *Footage) Frame(i int) ([]byte, error) {
	b, err := readEntry(f.frames[i], int64(f.Width)*int64(f.Height)*4+1<<20)
	if err != nil {
		return nil, fmt.Errorf("frame %d: %w", i, err)
	}
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width != f.Width || c.Height != f.Height {
		return nil, fmt.Errorf("frame %d is not a PNG of %d×%d", i, f.Width, f.Height)
	}
	im, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("frame %d: %w", i, err)
	}
	return RGB(im), nil
}

// Clip decodes all frames, on all cores.
func (f *Footage) Clip(ctx context.Context) (*inference.Clip, error) {
	c := &inference.Clip{Width: f.Width, Height: f.Height, FPS: f.FPS, Frames: make([][]byte, f.Frames), Timings: f.Recipe.Timings}
	errs, next := make(chan error), make(chan int)
	workers := min(runtime.GOMAXPROCS(0), f.Frames)
	for range workers {
		go func() {
			var first error
			for i := range next {
				if first == nil {
					c.Frames[i], first = f.Frame(i)
				}
			}
			errs <- first
		}()
	}
	for i := 0; i < f.Frames && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	err := ctx.Err()
	for range workers {
		if e := <-errs; err == nil {
			err = e
		}
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// RGB takes the colours of an image; what is transparent lies on black.
func RGB(im image.Image) []byte {
	b := im.Bounds()
	rgba, ok := im.(*image.RGBA)
	if !ok {
		rgba = image.NewRGBA(b)
		draw.Draw(rgba, b, im, b.Min, draw.Src)
	}
	out := make([]byte, 0, 3*b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := rgba.Pix[rgba.PixOffset(b.Min.X, y):]
		for x := 0; x < 4*b.Dx(); x += 4 {
			out = append(out, row[x], row[x+1], row[x+2])
		}
	}
	return out
}

func readMaster(f io.ReaderAt, size int64) (Recipe, error) {
	foot, err := openMaster(f, size)
	if err != nil {
		return Recipe{}, err
	}
	return foot.Recipe, nil
}
