package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kinora/app/cli"
	"kinora/app/export"
	"kinora/app/settings"
)

// TestMainJob goes the whole road with the built-in model: from a sentence to an
// MP4, the same on one thread and on two, and again from the clip's own settings.
func TestMainJob(t *testing.T) {
	home := t.TempDir()
	t.Setenv(settings.HomeVariable, home)
	if list := kinora(t, "models"); !strings.Contains(list, "built in") || !strings.Contains(list, "try: ") {
		t.Errorf("models: %s", list)
	}
	first := kinora(t, "generate", "--prompt", "a red circle moving to the right", "--size", "128x96", "--frames", "5", "--steps", "1", "--seed", "3", "--threads", "1", "--quiet")
	again := kinora(t, "generate", "--like", first, "--threads", "2", "--quiet")
	a, b := footage(t, home, first), footage(t, home, again)
	if len(a) != 5 || !reflect.DeepEqual(a, b) {
		t.Errorf("%d frames; the same seed gives another clip on two threads", len(a))
	}
	plain := true
	for _, v := range a[2] {
		plain = plain && v == a[2][0]
	}
	if plain {
		t.Error("the clip is all one colour")
	}
	x, _ := os.ReadFile(first)
	y, _ := os.ReadFile(again)
	if i := bytes.Index(x, []byte("mdat")); i < 0 || !bytes.Equal(x[i:], y[bytes.Index(y, []byte("mdat")):]) {
		t.Error("the same frames were encoded differently")
	}
}

// footage reads the lossless frames that belong to a clip.
func footage(t *testing.T, home, clip string) [][]byte {
	t.Helper()
	r, err := export.Read(clip)
	if err != nil {
		t.Fatal(err)
	}
	f, err := export.OpenMaster(filepath.Join(home, "clips", "frames", r.ID+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := f.Clip(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Frames
}

// kinora runs the program with its own engine, and returns what it prints.
func kinora(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{Version: version, Out: &out, Err: &errs, Columns: func() int { return 0 }, Getenv: os.Getenv,
		Engine: newEngine, Examples: examples}, args)
	if code != cli.OK {
		t.Fatalf("kinora %s: code %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return strings.TrimSpace(out.String())
}
