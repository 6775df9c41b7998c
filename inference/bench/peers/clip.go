package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// A clip is a size that is measured, in pixels and frames.
type clip struct{ width, height, frames int }

// latent is its frames, rows and columns behind a VAE of stride 8 and 4.
func (c clip) latent() (t, h, w int) { return (c.frames-1)/4 + 1, c.height / 8, c.width / 8 }

func (c clip) tokens() int {
	t, h, w := c.latent()
	return t * h * w / 4
}

func (c clip) String() string { return fmt.Sprintf("%dx%dx%d", c.width, c.height, c.frames) }

func parseClips(s string) (clips []clip, err error) {
	for _, one := range strings.Split(s, ",") {
		var c clip
		if n, _ := fmt.Sscanf(one, "%dx%dx%d", &c.width, &c.height, &c.frames); n != 3 || c.String() != one ||
			c.width < 16 || c.width > 4096 || c.width%16 != 0 || c.height < 16 || c.height > 4096 || c.height%16 != 0 || c.frames < 1 || c.frames > 1025 || c.frames%4 != 1 {
			return nil, fmt.Errorf("-sizes %q: want columns x rows x frames, such as 384x256x9", one)
		}
		clips = append(clips, c)
	}
	return clips, nil
}

// processor names what all of this ran on.
func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo") // elsewhere there is none
	for line := range bytes.Lines(b) {
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOOS + "/" + runtime.GOARCH
}
