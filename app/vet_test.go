package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// What another process says of a GPU's kernels is believed and kept; where it dies, hangs
// or says nothing, they are not used.
func TestVet(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the other process is a shell script")
	}
	for _, c := range []struct{ name, script, want string }{
		{"proved", "echo proved", ""},
		{"they differ", "echo attention is not what it should be; exit 1", "attention is not what it should be"},
		{"proved, and then it dies", "echo proved; kill -SEGV $$", "gave no answer"},
		{"it dies", "kill -SEGV $$", "ended with signal: segmentation fault"},
		{"it hangs", "echo proved; exec sleep 100", "longer than 300ms"},
		{"it says nothing", "exit 0", "gave no answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			program := filepath.Join(dir, "program")
			if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$@\" >>"+dir+"/log\n"+c.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			v := vetter{gpu: 3, program: program, folder: filepath.Join(dir, "answers"), limit: 300 * time.Millisecond}
			if c.name != "it hangs" {
				v.limit = time.Minute
			}
			for range 2 {
				err := v.ask("a GPU")
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
			}
			old := time.Now().Add(-again - time.Hour) // a refusal is not for ever
			if err := os.Chtimes(gpuFile(v.folder, v.gpu, "a GPU"), old, old); err != nil {
				t.Fatal(err)
			}
			_ = v.ask("a GPU")
			_ = v.ask("another GPU")
			log, err := os.ReadFile(filepath.Join(dir, "log"))
			want := strings.Repeat("prove-gpu 3\n", 3)
			if c.want == "" {
				want = strings.Repeat("prove-gpu 3\n", 2)
			}
			if err != nil || string(log) != want {
				t.Errorf("the program was called with %q, %v; want %q", log, err, want)
			}
		})
	}
	missing := vetter{program: filepath.Join(t.TempDir(), "none"), folder: t.TempDir(), limit: time.Minute}
	if err := missing.ask("a GPU"); err == nil {
		t.Error("a program that is not there has proved something")
	}
}

// The other process, where there is no such GPU, does not say that it proved anything.
func TestProveWithoutGPU(t *testing.T) {
	t.Setenv("KINORA_CUDA_DRIVER", "libno-such-driver.so")
	var out strings.Builder
	if code := prove("0", &out); code == 0 || out.String() == "" || out.String() == proved {
		t.Errorf("%d, %q", code, out.String())
	}
}
