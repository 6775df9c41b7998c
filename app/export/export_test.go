package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/gif"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/avc"
	"github.com/Eyevinn/mp4ff/mp4"

	"kinora/app/disk"
	"kinora/inference"
)

// moving draws a red square that moves over a gradient.
func moving(w, h, frames, fps int) *inference.Clip {
	c := &inference.Clip{Width: w, Height: h, FPS: fps}
	for t := range frames {
		f := make([]byte, 3*w*h)
		for i := range w * h {
			x, y := i%w, i/w
			p := f[3*i : 3*i+3]
			p[0], p[1], p[2] = byte(40+x*100/w), byte(60+y*150/h), 200
			if x >= 4*t && x < 4*t+w/4 && y > h/4 && y < h/2 {
				p[0], p[1], p[2] = 250, 20, 30
			}
		}
		c.Frames = append(c.Frames, f)
	}
	return c
}

func recipe() Recipe {
	at := time.UnixMilli(1_700_000_000_000).UTC()
	return Recipe{Kinora: "0.1.0", ID: "20260101-000000.000-abcdef", Created: at, Ended: at.Add(time.Minute),
		Request: inference.Request{Model: "starter", Prompt: "一只柴犬 \"quoted\" 🚀\n", Width: 64, Height: 48, Frames: 9, FPS: 15,
			Steps: 8, Guidance: 4.5, Sampler: "unipc", Sigmas: []float64{1, 0.1, 0}, Seed: math.MaxUint64},
		ImagePath: "/a/b.png", Timings: map[inference.Stage]time.Duration{inference.Denoising: 7}}
}

func save(t *testing.T, name string, c *inference.Clip) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := For("", path)
	if filepath.Ext(name) == ".zip" {
		f, err = Master, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := Save(t.Context(), disk.OS{}, path, f, c, recipe()); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(path + disk.Part); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return path
}

func TestRecipeComesBack(t *testing.T) {
	for _, name := range []string{"a.mp4", "a.gif", "frames", "a.zip", "[odd] name.mp4"} {
		got, err := Read(save(t, name, moving(64, 48, 9, 15)))
		if err != nil || !reflect.DeepEqual(got, recipe()) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, recipe())
		}
	}
}

func TestMP4Structure(t *testing.T) {
	for _, c := range []struct{ w, h, frames, fps int }{{64, 48, 9, 15}, {33, 17, 5, 24}, {2, 2, 1, 1}, {256, 192, 40, 8}, {320, 1, 3, 60}} {
		path := save(t, "a.mp4", moving(c.w, c.h, c.frames, c.fps))
		f, err := mp4.ReadMP4File(path)
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, b := range f.Children {
			order = append(order, b.Type())
		}
		if strings.Join(order, " ") != "ftyp moov mdat" {
			t.Errorf("boxes are in the order %v", order)
		}
		trak := f.Moov.Trak
		stbl := trak.Mdia.Minf.Stbl
		if n := stbl.Stsz.SampleNumber; int(n) != c.frames {
			t.Errorf("%d samples, want %d", n, c.frames)
		}
		if sec := float64(trak.Mdia.Mdhd.Duration) / float64(trak.Mdia.Mdhd.Timescale); math.Abs(sec-float64(c.frames)/float64(c.fps)) > 1e-9 {
			t.Errorf("lasts %g s", sec)
		}
		if f.Moov.Mvhd.Duration != trak.Tkhd.Duration || trak.Tkhd.Duration != trak.Mdia.Mdhd.Duration || f.Moov.Mvhd.Timescale != trak.Mdia.Mdhd.Timescale {
			t.Error("the durations differ")
		}
		ac := stbl.Stsd.AvcX.AvcC
		sps, err := avc.ParseSPSNALUnit(ac.SPSnalus[0], true)
		if err != nil {
			t.Fatal(err)
		}
		w, h := c.w+c.w%2, c.h+c.h%2
		if int(sps.Width) != w || int(sps.Height) != h || sps.Profile != 100 || sps.ChromaFormatIDC != 1 {
			t.Errorf("SPS: %d×%d profile %d chroma %d", sps.Width, sps.Height, sps.Profile, sps.ChromaFormatIDC)
		}
		if v := sps.VUI; v == nil || v.ColourPrimaries != 1 || v.TransferCharacteristics != 1 || v.MatrixCoefficients != 1 || v.VideoFullRangeFlag {
			t.Errorf("VUI: %+v", v)
		}
		// Every sample lies where the table says, and the first can be sought.
		at := int(stbl.Stco.ChunkOffset[0])
		raw, _ := os.ReadFile(path)
		for i, size := range stbl.Stsz.SampleSize {
			nals, err := avc.GetNalusFromSample(raw[at : at+int(size)])
			if err != nil || len(nals) == 0 {
				t.Fatalf("sample %d: %v", i, err)
			}
			at += int(size)
		}
		if at != len(raw) || stbl.Stss.SampleNumber[0] != 1 {
			t.Errorf("the samples end at %d of %d; key frames %v", at, len(raw), stbl.Stss.SampleNumber)
		}
	}
}

func TestMP4IsDeterministic(t *testing.T) {
	c := moving(128, 96, 20, 15)
	a, _ := os.ReadFile(save(t, "a.mp4", c))
	b, _ := os.ReadFile(save(t, "b.mp4", c))
	if !bytes.Equal(a, b) {
		t.Error("the same clip gave two different files")
	}
}

func TestMP4PlaysInFFmpeg(t *testing.T) {
	for _, tool := range []string{"ffprobe", "ffmpeg"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool, "is not installed")
		}
	}
	c := moving(101, 76, 17, 15)
	path := save(t, "a.mp4", c)
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Streams []map[string]any
		Format  struct{ Tags map[string]string }
	}
	json.Unmarshal(out, &p)
	for key, want := range map[string]any{"codec_name": "h264", "profile": "High", "width": 102., "height": 76., "pix_fmt": "yuv420p",
		"nb_read_frames": "17", "r_frame_rate": "15/1", "color_space": "bt709", "color_primaries": "bt709", "color_transfer": "bt709", "color_range": "tv"} {
		if got := p.Streams[0][key]; got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if !strings.Contains(p.Format.Tags["comment"], "柴犬") {
		t.Errorf("comment: %q", p.Format.Tags["comment"])
	}
	raw, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-").Output()
	if err != nil || len(raw) != 3*102*76*17 {
		t.Fatalf("decoded %d bytes, %v", len(raw), err)
	}
	var sum float64
	for i, f := range c.Frames {
		for at := range 101 * 76 {
			for k := range 3 {
				d := float64(f[3*at+k]) - float64(raw[3*(i*102*76+at/101*102+at%101)+k])
				sum += d * d
			}
		}
	}
	if psnr := 10 * math.Log10(255*255/(sum/float64(3*101*76*17))); psnr < 33 {
		t.Errorf("PSNR %.1f dB: the colours are not those that went in", psnr)
	}
}

func TestGIFShowsTheFrames(t *testing.T) {
	c := moving(64, 48, 9, 15)
	raw, err := os.Open(save(t, "a.gif", c))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	g, err := gif.DecodeAll(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Image) != 9 || g.LoopCount != 0 || g.Config.Width != 64 || g.Config.Height != 48 {
		t.Fatalf("%d frames of %+v, loop %d", len(g.Image), g.Config, g.LoopCount)
	}
	total := 0
	screen := make([]byte, 3*64*48)
	for i, im := range g.Image {
		total += g.Delay[i]
		var sum float64
		for y := range 48 {
			for x := range 64 {
				at := 3 * (y*64 + x)
				if r, gr, b, a := im.At(x, y).RGBA(); a > 0 && image.Pt(x, y).In(im.Rect) {
					screen[at], screen[at+1], screen[at+2] = byte(r>>8), byte(gr>>8), byte(b>>8)
				}
				for k := range 3 {
					d := float64(screen[at+k]) - float64(c.Frames[i][at+k])
					sum += d * d
				}
			}
		}
		if psnr := 10 * math.Log10(255*255/(sum/(3*64*48))); psnr < 35 {
			t.Errorf("frame %d: PSNR %.1f dB", i, psnr)
		}
	}
	if total != 60 {
		t.Errorf("the loop lasts %d hundredths of a second, want 60", total)
	}
}

func TestPNGAndMasterAreLossless(t *testing.T) {
	c := moving(50, 30, 4, 15)
	dir := save(t, "frames", c)
	for i, name := range []string{"frame-00000.png", "frame-00001.png", "frame-00002.png", "frame-00003.png"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		im, err := png.Decode(bytes.NewReader(b))
		if err != nil || !bytes.Equal(RGB(im), c.Frames[i]) {
			t.Errorf("%s differs: %v", name, err)
		}
	}
	foot, err := OpenMaster(save(t, "m.zip", c))
	if err != nil {
		t.Fatal(err)
	}
	defer foot.Close()
	got, err := foot.Clip(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Frames, c.Frames) || got.FPS != 15 || got.Width != 50 || got.Height != 30 {
		t.Error("the footage is not what went in")
	}
}

func TestSaveRefuses(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o644)
	os.MkdirAll(filepath.Join(dir, "full", "x"), 0o755)
	ok := moving(16, 16, 2, 15)
	short := moving(16, 16, 2, 15)
	short.Frames[1] = short.Frames[1][1:]
	for _, c := range []struct {
		name string
		clip *inference.Clip
		want string
	}{
		{"full", ok, "not empty"}, {"file/a.mp4", ok, "cannot write"}, {"a.mp4", &inference.Clip{}, "no frames"}, {"a.mp4", nil, "no frames"},
		{"b.gif", short, "frame 1 has"}, {"c.mp4", &inference.Clip{Width: 1 << 20, Height: 1, FPS: 1, Frames: [][]byte{nil}}, "cannot be saved"},
	} {
		path := filepath.Join(dir, c.name)
		f, err := For("", path)
		if err == nil {
			err = Save(t.Context(), disk.OS{}, path, f, c.clip, recipe())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := For("", "clip.avi"); !errors.Is(err, inference.ErrInvalid) {
		t.Errorf("avi: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, name := range []string{"d.mp4", "d.gif", "d"} {
		f, _ := For("", name)
		if err := Save(ctx, disk.OS{}, filepath.Join(dir, name), f, ok, recipe()); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"empty.mp4": "", "text.gif": "hello, world and more", "bare.gif": "GIF89a\x01\x00\x01\x00\x00\x00\x00;",
		"bare.png": pngMagic, "bare.mp4": "\x00\x00\x00\x08ftypisom", "huge.mp4": "\x00\x00\x00\x01ftyp\xff\xff\xff\xff\xff\xff\xff\xff"} {
		path := filepath.Join(dir, name)
		os.WriteFile(path, []byte(data), 0o644)
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "none.mp4"), os.DevNull} {
		if _, err := Read(path); err == nil && path != dir {
			t.Errorf("%s was taken", path)
		}
	}
}

func FuzzRead(f *testing.F) {
	c := moving(8, 8, 2, 15)
	for _, format := range append(Formats(), Master) {
		if format.Folder {
			continue
		}
		var b bytes.Buffer
		if err := Stream(context.Background(), &b, format, c, recipe()); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()/2])
	}
	text, _ := recipe().marshal()
	b, _ := encodePNG(c.Frames[0], 8, 8, text, png.BestSpeed)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := readAny(bytes.NewReader(b), int64(len(b))); err == nil && r.Kinora == "" {
			t.Error("a recipe from nowhere")
		}
		if foot, err := openMaster(bytes.NewReader(b), int64(len(b))); err == nil && foot.Width*foot.Height*foot.Frames < 1<<20 {
			foot.Clip(context.Background())
		}
	})
}
