package studio

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the formats that pictures come in
	_ "image/jpeg"
	_ "image/png"
	"io"
	"io/fs"
	"os"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"

	"kinora/app/export"
	"kinora/inference"
)

// Limits of a picture; both are checked before its pixels are decoded.
const (
	maxImageFile   = 64 << 20
	maxImagePixels = 64 << 20
)

// LoadImage reads the first frame for a clip, refusing what is too large.
func (s *Studio) LoadImage(path string) (*inference.Picture, error) {
	p, err := loadImage(path)
	if err != nil {
		if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, fmt.Errorf("%w: picture %s: %w", inference.ErrInvalid, path, err)
	}
	return p, nil
}

func loadImage(path string) (*inference.Picture, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a file")
	case info.Size() > maxImageFile:
		return nil, fmt.Errorf("it has %d MB; at most %d are read", info.Size()>>20, maxImageFile>>20)
	}
	c, _, err := image.DecodeConfig(bufio.NewReader(f))
	if err != nil {
		return nil, errors.New("it is no picture that Kinora reads (PNG, JPEG, WebP, BMP, GIF), or it is damaged")
	}
	if c.Width < 1 || c.Height < 1 || int64(c.Width)*int64(c.Height) > maxImagePixels {
		return nil, fmt.Errorf("it has %d×%d pixels; at most %d million are read", c.Width, c.Height, maxImagePixels>>20)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	im, _, err := image.Decode(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	b := im.Bounds()
	p := &inference.Picture{Width: b.Dx(), Height: b.Dy(), Pix: export.RGB(im)}
	return upright(p, orientation(f)), nil
}
