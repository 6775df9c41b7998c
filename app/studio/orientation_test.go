package studio

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"testing"

	"kinora/inference"
)

// exif is a JPEG whose camera was held in one of eight ways.
func exif(how byte, big bool) []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil)
	tiff := "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(how) + "\x00\x00\x00"
	if big {
		tiff = "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(how) + "\x00\x00"
	}
	body := "Exif\x00\x00" + tiff
	head := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(body) + 2)}, body...)
	return append(head, b.Bytes()[2:]...)
}

func TestOrientation(t *testing.T) {
	for how := byte(0); how < 10; how++ {
		want := int(how)
		if how < 1 || how > 8 {
			want = 1
		}
		for _, big := range []bool{false, true} {
			if got := orientation(bytes.NewReader(exif(how, big))); got != want {
				t.Errorf("%d, big-endian %v: %d", how, big, got)
			}
		}
	}
	// 1 2 3
	// 4 5 6
	p := &inference.Picture{Width: 3, Height: 2}
	for i := byte(1); i <= 6; i++ {
		p.Pix = append(p.Pix, i, i, i)
	}
	for how, want := range map[int]string{1: "3×2 123456", 2: "3×2 321654", 3: "3×2 654321", 4: "3×2 456123",
		5: "2×3 142536", 6: "2×3 415263", 7: "2×3 635241", 8: "2×3 362514"} {
		q := upright(p, how)
		got := fmt.Sprintf("%d×%d ", q.Width, q.Height)
		for i := 0; i < len(q.Pix); i += 3 {
			got += fmt.Sprint(q.Pix[i])
		}
		if got != want {
			t.Errorf("%d: %s, want %s", how, got, want)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(exif(6, false))
	f.Add(exif(3, true))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if v := orientation(bytes.NewReader(b)); v < 1 || v > 8 {
			t.Error(v)
		}
	})
}
