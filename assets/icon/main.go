// Command icon draws Kinora's icon: a fan of picture cards turning about a play
// sign, as in the flip-card viewer that Kinora is named after. It knows circles,
// cards and triangles, and is run only when the picture is to change:
//
//	go run ./assets/icon
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
)

const (
	size    = 512
	samples = 4 // a side, for each pixel
)

type rgb [3]float64

var (
	top    = rgb{0x7C, 0x6C, 0xF6}
	bottom = rgb{0x3D, 0x3A, 0xB8}
	warm   = rgb{0xFF, 0xC8, 0x6B}
	white  = rgb{0xFF, 0xFF, 0xFF}
)

func main() {
	if err := draw(filepath.Join("assets", "icon.png")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func draw(path string) error {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			img.SetNRGBA(x, y, pixel(x, y))
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		return err
	}
	return f.Close()
}

func pixel(x, y int) color.NRGBA {
	var sum rgb
	var alpha float64
	for i := range samples * samples {
		// −1 … 1 across the picture
		px := (float64(x)+(float64(i%samples)+.5)/samples)/size*2 - 1
		py := (float64(y)+(float64(i/samples)+.5)/samples)/size*2 - 1
		c, a := paint(px, py)
		alpha += a
		for k := range sum {
			sum[k] += c[k] * a
		}
	}
	if alpha == 0 {
		return color.NRGBA{}
	}
	n := float64(samples * samples)
	return color.NRGBA{uint8(sum[0] / alpha), uint8(sum[1] / alpha), uint8(sum[2] / alpha), uint8(alpha / n * 255)}
}

// paint is the picture: its colour and cover at one point.
func paint(x, y float64) (rgb, float64) {
	if box(x, y, .92, .92, .42) > 0 {
		return rgb{}, 0
	}
	c := mix(top, bottom, (y+1)/2)
	const cards = 12
	for i := range cards {
		// each card leans on the one before and fades with the turn
		a := 2 * math.Pi * float64(i) / cards
		u, v := x*math.Cos(a)+y*math.Sin(a), -x*math.Sin(a)+y*math.Cos(a)
		if box(u*.92+(v+.6)*.39, -u*.39+(v+.6)*.92, .085, .165, .045) < 0 {
			t := float64(i) / (cards - 1)
			c = mix(c, mix(white, warm, 1-t), .18+.82*t*t)
		}
	}
	if triangle(x, y) < .045 {
		c = white
	}
	return c, 1
}

// box is the signed distance to a rounded box about the origin.
func box(x, y, w, h, r float64) float64 {
	dx, dy := math.Abs(x)-w+r, math.Abs(y)-h+r
	return math.Hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - r
}

// corners of the play sign, clockwise.
var corners = [3][2]float64{{-.13, -.2}, {.22, 0}, {-.13, .2}}

// triangle is the signed distance to the play sign.
func triangle(x, y float64) float64 {
	near, side := math.Inf(1), math.Inf(-1)
	for i, a := range corners {
		b := corners[(i+1)%3]
		ex, ey, px, py := b[0]-a[0], b[1]-a[1], x-a[0], y-a[1]
		t := min(max((px*ex+py*ey)/(ex*ex+ey*ey), 0), 1)
		near = min(near, math.Hypot(px-ex*t, py-ey*t))
		side = max(side, ey*px-ex*py)
	}
	return math.Copysign(near, side)
}

func mix(a, b rgb, t float64) rgb {
	for k := range a {
		a[k] += (b[k] - a[k]) * t
	}
	return a
}
