package export

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"fmt"
	"io"
)

// maxGIFSide is what the format can express.
const maxGIFSide = 65535

// gifWriter collects frames, since one palette for all keeps colours from jumping,
// and writes at Close. Only what changed since the frame before is stored.
type gifWriter struct {
	w      io.Writer
	h      Head
	hist   histogram
	frames [][]byte
}

func newGIF(w io.Writer, h Head) (Writer, error) {
	if h.Width > maxGIFSide || h.Height > maxGIFSide {
		return nil, fmt.Errorf("a GIF can be at most %d pixels wide and high", maxGIFSide)
	}
	if _, err := h.Recipe.marshal(); err != nil {
		return nil, err
	}
	return &gifWriter{w: w, h: h}, nil
}

func (g *gifWriter) Frame(rgb []byte) error {
	g.hist.add(rgb)
	g.frames = append(g.frames, rgb)
	return nil
}

func (g *gifWriter) Abort() { g.frames = nil }

// keep is the palette index that leaves what the frame before showed.
const keep = 255

func (g *gifWriter) Close() error {
	d := &ditherer{palette: g.hist.palette(keep)}
	recipe, err := g.h.Recipe.marshal()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("GIF89a")
	binary.Write(&b, binary.LittleEndian, [2]uint16{uint16(g.h.Width), uint16(g.h.Height)})
	b.Write([]byte{0xf7, 0, 0}) // 256 colours for all frames
	var table [3 * 256]byte
	for i, c := range d.palette {
		for k := range 3 {
			table[3*i+k] = byte(c[k] + 0.5)
		}
	}
	b.Write(table[:])
	b.WriteString("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00") // for ever
	b.WriteString("\x21\xfe")
	blocks(&b, recipe)

	was := bytes.Repeat([]byte{keep}, g.h.Width*g.h.Height)
	now := make([]byte, len(was))
	for i, rgb := range g.frames {
		for at := range now {
			now[at] = d.index(rgb[3*at], rgb[3*at+1], rgb[3*at+2], at%g.h.Width, at/g.h.Width)
		}
		// A hundredth of a second is the format's clock; the sum stays right.
		delay := (i+1)*100/g.h.FPS - i*100/g.h.FPS
		if err := g.frame(&b, was, now, max(delay, 2)); err != nil {
			return err
		}
		was, now = now, was
		if _, err := g.w.Write(b.Bytes()); err != nil {
			return err
		}
		b.Reset()
	}
	_, err = g.w.Write([]byte{0x3b})
	return err
}

// frame appends the smallest rectangle that holds every change.
func (g *gifWriter) frame(b *bytes.Buffer, was, now []byte, delay int) error {
	w, h := g.h.Width, g.h.Height
	x0, y0, x1, y1 := w, h, 0, 0
	for at := range now {
		if was[at] != now[at] {
			x, y := at%w, at/w
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1)
		}
	}
	if x0 >= x1 {
		x0, y0, x1, y1 = 0, 0, 1, 1
	}
	b.Write([]byte{0x21, 0xf9, 4, 1<<2 | 1, byte(delay), byte(delay >> 8), keep, 0, 0x2c})
	binary.Write(b, binary.LittleEndian, [4]uint16{uint16(x0), uint16(y0), uint16(x1 - x0), uint16(y1 - y0)})
	b.Write([]byte{0, 8})
	var packed bytes.Buffer
	z := lzw.NewWriter(&packed, lzw.LSB, 8)
	row := make([]byte, x1-x0)
	for y := y0; y < y1; y++ {
		for x := range row {
			at := y*w + x0 + x
			if row[x] = now[at]; was[at] == now[at] {
				row[x] = keep
			}
		}
		if _, err := z.Write(row); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	blocks(b, packed.Bytes())
	return nil
}

// blocks writes data in the format's pieces of at most 255 bytes.
func blocks(b *bytes.Buffer, data []byte) {
	for len(data) > 0 {
		n := min(len(data), 255)
		b.WriteByte(byte(n))
		b.Write(data[:n])
		data = data[n:]
	}
	b.WriteByte(0)
}

// readGIF walks to the comments before the first frame.
func readGIF(f io.ReaderAt, size int64) (Recipe, error) {
	r := &cursor{f: f, size: size, at: 10}
	if flags := r.byte(); flags&0x80 != 0 {
		r.at += 2 + 3<<(flags&7+1)
	} else {
		r.at += 2
	}
	for range 100 {
		if r.byte() != 0x21 || r.failed {
			break
		}
		if kind := r.byte(); kind != 0xfe {
			r.blocks(nil)
			continue
		}
		var text bytes.Buffer
		r.blocks(&text)
		if recipe, err := parseRecipe(text.Bytes()); err == nil && !r.failed {
			return recipe, nil
		}
	}
	return Recipe{}, ErrNoRecipe
}

type cursor struct {
	f        io.ReaderAt
	at, size int64
	failed   bool
}

func (c *cursor) byte() byte {
	var b [1]byte
	if _, err := c.f.ReadAt(b[:], c.at); err != nil {
		c.failed = true
	}
	c.at++
	return b[0]
}

// blocks passes over data in pieces, into b where that is wanted.
func (c *cursor) blocks(b *bytes.Buffer) {
	var piece [255]byte
	for read := 0; !c.failed; {
		n := int(c.byte())
		if n == 0 {
			return
		}
		if read += n; read > maxRecipe+4096 {
			c.failed = true
			return
		}
		if b != nil {
			if _, err := c.f.ReadAt(piece[:n], c.at); err != nil {
				c.failed = true
				return
			}
			b.Write(piece[:n])
		}
		c.at += int64(n)
	}
}
