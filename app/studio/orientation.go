package studio

import (
	"encoding/binary"
	"io"

	"kinora/inference"
)

// maxSegments bounds how much of a JPEG is looked at before its pixels.
const maxSegments = 64

// orientation reads from a JPEG how the camera was held: 1 to 8 as in EXIF, 1
// where the file does not say. It never fails: a picture that lies is shown as is.
func orientation(f io.ReaderAt) int {
	var b [4]byte
	at := int64(2)
	if _, err := f.ReadAt(b[:2], 0); err != nil || b[0] != 0xff || b[1] != 0xd8 {
		return 1
	}
	for range maxSegments {
		if _, err := f.ReadAt(b[:], at); err != nil || b[0] != 0xff || b[1] == 0xda {
			return 1
		}
		size := int64(b[2])<<8 | int64(b[3])
		if b[1] == 0xe1 && size >= 2 {
			body := make([]byte, size-2)
			if _, err := f.ReadAt(body, at+4); err != nil {
				return 1
			}
			if len(body) > 6 && string(body[:6]) == "Exif\x00\x00" {
				return tiffOrientation(body[6:])
			}
		}
		at += 2 + size
	}
	return 1
}

// tiffOrientation looks for the tag in the first directory of a TIFF.
func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(b[:2]) == "MM" {
		order = binary.BigEndian
	}
	at := int(order.Uint32(b[4:]))
	if at < 8 || at > len(b)-2 {
		return 1
	}
	n := int(order.Uint16(b[at:]))
	for entry := b[at+2:]; n > 0 && len(entry) >= 12; n, entry = n-1, entry[12:] {
		if order.Uint16(entry) == 0x0112 {
			if v := int(order.Uint16(entry[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}

// upright turns and mirrors a picture as an orientation asks.
func upright(p *inference.Picture, how int) *inference.Picture {
	if how <= 1 || how > 8 {
		return p
	}
	w, h := p.Width, p.Height
	q := &inference.Picture{Width: w, Height: h, Pix: make([]byte, len(p.Pix))}
	if how >= 5 {
		q.Width, q.Height = h, w
	}
	for y := range q.Height {
		for x := range q.Width {
			i, j := x, y // where the pixel comes from
			switch how {
			case 2:
				i = w - 1 - x
			case 3:
				i, j = w-1-x, h-1-y
			case 4:
				j = h - 1 - y
			case 5:
				i, j = y, x
			case 6:
				i, j = y, h-1-x
			case 7:
				i, j = w-1-y, h-1-x
			case 8:
				i, j = w-1-y, x
			}
			copy(q.Pix[3*(y*q.Width+x):][:3], p.Pix[3*(j*w+i):])
		}
	}
	return q
}
