package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"kinora/inference/families/wan"
)

// torch is PyTorch, with the same denoiser written for it.
type torch struct {
	python         string
	build          wan.Build
	threads, steps int
	scratch        string
}

//go:embed dit.py
var script []byte

func (e *torch) name() string      { return "PyTorch" }
func (e *torch) takes(k kind) bool { return k.name != "q8_0" }

func (e *torch) ready(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, e.python, "-c", "import safetensors, torch; print(torch.__version__, torch.backends.cpu.get_cpu_capability())").CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return "", fmt.Errorf("%s: %w %s (python3 -m pip install torch safetensors, then PYTHON=that interpreter)", e.python, err, lines[len(lines)-1])
	}
	return strings.TrimSpace(string(out)), nil
}

// A job is what the script is told.
type job struct {
	Checkpoint string    `json:"checkpoint"`
	Kind       string    `json:"kind"`
	Threads    int       `json:"threads"`
	Steps      int       `json:"steps"`
	Timestep   float64   `json:"timestep"`
	Text       string    `json:"text"`
	Clips      []jobClip `json:"clips"`
}

type jobClip struct {
	Latent [3]int `json:"latent"`
	X      string `json:"x"`
	Want   string `json:"want"` // what Kinora makes of it
}

func (e *torch) round(ctx context.Context, checkpoint string, k kind, clips []clip) (map[clip]result, error) {
	at := func(name string) string { return filepath.Join(e.scratch, name+".f32") }
	j := job{Checkpoint: checkpoint, Kind: k.name, Threads: e.threads, Steps: e.steps, Timestep: timestep, Text: at("text")}
	for _, c := range clips {
		t, h, w := c.latent()
		j.Clips = append(j.Clips, jobClip{Latent: [3]int{t, h, w}, X: at(c.String()), Want: at(c.String() + "-" + k.name)})
	}
	told, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, e.python, "-", string(told))
	cmd.Stdin = bytes.NewReader(script)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.python, err)
	}
	var got []struct {
		Seconds []float64 `json:"seconds"`
		Work    []float64 `json:"work"`
		Error   float64   `json:"error"`
	}
	if err := json.Unmarshal(out, &got); err != nil || len(got) != len(clips) {
		return nil, fmt.Errorf("%s: %d answers for %d sizes: %w", e.python, len(got), len(clips), err)
	}
	all := map[clip]result{}
	for i, c := range clips {
		all[c] = result{seconds: got[i].Seconds, work: got[i].Work, error: got[i].Error, checked: true}
	}
	return all, nil
}
