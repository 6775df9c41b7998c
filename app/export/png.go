package export

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"kinora/app/disk"
	"kinora/inference"
)

const (
	pngMagic = "\x89PNG\r\n\x1a\n"
	ihdrEnd  = 33 // magic and header chunk
	keyword  = "kinora"
)

// Image shows a frame as an image of its own.
func Image(rgb []byte, width, height int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, width, height))
	for i, o := 0, 0; o < len(im.Pix); i, o = i+3, o+4 {
		im.Pix[o], im.Pix[o+1], im.Pix[o+2], im.Pix[o+3] = rgb[i], rgb[i+1], rgb[i+2], 255
	}
	return im
}

// encodePNG writes a frame with text, if any, in an iTXt chunk.
func encodePNG(rgb []byte, width, height int, text []byte, level png.CompressionLevel) ([]byte, error) {
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: level}
	if err := enc.Encode(&b, Image(rgb, width, height)); err != nil {
		return nil, err
	}
	if text == nil {
		return b.Bytes(), nil
	}
	body := append([]byte("iTXt"+keyword+"\x00\x00\x00\x00\x00"), text...)
	out := append(make([]byte, 0, b.Len()+len(body)+8), b.Bytes()[:ihdrEnd]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)-4))
	out = append(out, body...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	return append(out, b.Bytes()[ihdrEnd:]...), nil
}

// vacant reports whether a folder of frames can be put at path.
func vacant(path string) error {
	old, err := os.ReadDir(path)
	if err == nil && len(old) > 0 {
		return &disk.Error{Path: path, Err: errors.New("the folder is not empty; choose a new one")}
	}
	if _, e := os.Lstat(path); err != nil && e == nil {
		return &disk.Error{Path: path, Err: errors.New("there is a file of that name; choose another")}
	}
	return nil
}

// saveFolder writes a folder of numbered frames, under another name until whole.
func saveFolder(ctx context.Context, on disk.FS, path string, c *inference.Clip, r Recipe) (err error) {
	text, err := r.marshal()
	if err != nil {
		return err
	}
	path = filepath.Clean(path)
	if err := vacant(path); err != nil {
		return err
	}
	part := path + disk.Part
	os.RemoveAll(part) // left by one that was killed
	defer func() {
		if err != nil {
			os.RemoveAll(part)
		}
	}()
	for i, rgb := range c.Frames {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := encodePNG(rgb, c.Width, c.Height, text, png.DefaultCompression)
		if err != nil {
			return err
		}
		if err := disk.WriteFile(on, filepath.Join(part, fmt.Sprintf("frame-%05d.png", i)), b); err != nil {
			return err
		}
	}
	os.Remove(path) // an empty folder of that name may be there
	if err := on.Rename(part, path); err != nil {
		return &disk.Error{Path: path, Err: err}
	}
	return on.SyncDir(filepath.Dir(path))
}

// readPNG walks the chunks before the pixels, by their headers.
func readPNG(f io.ReaderAt, size int64) (Recipe, error) {
	prefix := []byte(keyword + "\x00\x00\x00\x00\x00")
	at := int64(len(pngMagic))
	for range 1000 {
		var h [8]byte
		if _, err := f.ReadAt(h[:], at); err != nil {
			break
		}
		n, kind := int64(binary.BigEndian.Uint32(h[:])), string(h[4:])
		if n > size-at-12 || kind == "IDAT" || kind == "IEND" {
			break
		}
		if kind == "iTXt" && n <= maxRecipe+int64(len(prefix)) {
			b := make([]byte, n)
			if _, err := f.ReadAt(b, at+8); err != nil {
				break
			}
			if text, ok := bytes.CutPrefix(b, prefix); ok {
				return parseRecipe(text)
			}
		}
		at += n + 12
	}
	return Recipe{}, ErrNoRecipe
}
