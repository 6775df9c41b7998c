package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"kinora/inference/bench/made"
	"kinora/inference/families/wan"
)

// sdcpp is stable-diffusion.cpp. It goes without a text encoder, and then takes 256
// rows of zeros for the text; a VAE it must have, and gets a tiny one of random
// numbers, but is stopped when it begins to decode. It draws its own noise, and does
// not give its latents away: its numbers are not held to ours.
type sdcpp struct {
	command        string
	flags          []string
	build          wan.Build
	threads, steps int
	scratch        string
}

func (e *sdcpp) name() string    { return "stable-diffusion.cpp" }
func (e *sdcpp) takes(kind) bool { return true }

func (e *sdcpp) ready(ctx context.Context) (string, error) {
	if e.build.Dim != mid.Dim || e.build.Layers != mid.Layers {
		return "", errors.New("it takes published sizes only, not the tiny model's")
	}
	out, err := exec.CommandContext(ctx, e.command, "--version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w (github.com/leejet/stable-diffusion.cpp with its submodules, cmake -DGGML_LLAMAFILE=ON, then SDCPP=its bin/sd-cli)", e.command, err)
	}
	return strings.TrimSpace(string(out)) + " " + strings.Join(e.flags, " "), nil
}

func (e *sdcpp) round(ctx context.Context, checkpoint string, k kind, clips []clip) (map[clip]result, error) {
	tae := filepath.Join(e.scratch, "tae.safetensors")
	if err := made.Write(tae, tiny(e.build.Channels)); err != nil {
		return nil, err
	}
	all := map[clip]result{}
	for _, c := range clips {
		r, err := e.step(ctx, checkpoint, tae, c)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", c, err)
		}
		all[c] = r
	}
	return all, nil
}

// step runs it for one step more than are counted, with guidance off, so that a step
// is one pass. The clock is read when it tells that a step is done.
func (e *sdcpp) step(ctx context.Context, checkpoint, tae string, c clip) (r result, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	args := append([]string{"-M", "vid_gen", "--diffusion-model", checkpoint, "--tae", tae, "-p", "a", "-v",
		"-W", strconv.Itoa(c.width), "-H", strconv.Itoa(c.height), "--video-frames", strconv.Itoa(c.frames),
		"--steps", strconv.Itoa(e.steps + 1), "--cfg-scale", "1", "--sampling-method", "euler",
		"-t", strconv.Itoa(e.threads), "-o", filepath.Join(e.scratch, "clip.avi")}, e.flags...)
	cmd := exec.CommandContext(ctx, e.command, args...)
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		return r, err
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		write.Close()
		ended <- err
	}()
	var log []byte
	var last clock
	b := make([]byte, 4096)
	for told := 0; told <= e.steps; {
		n, err := read.Read(b)
		log = append(log, b[:n]...)
		if err != nil {
			break
		}
		if now := stepsDone(log, e.steps+1); now > told {
			at := clockOf(cmd.Process.Pid)
			if now == told+1 && told > 0 {
				r.add(at.since(last))
			}
			told, last = now, at
		}
	}
	cancel() // what comes after is not measured
	go io.Copy(io.Discard, read)
	err = <-ended
	if !bytes.Contains(log, []byte("Wan2.1-T2V-1.3B")) || len(r.seconds) == 0 {
		return r, errors.Join(err, fmt.Errorf("%s did no steps of Wan2.1-T2V-1.3B; it ends with:\n%s", e.command, log[max(0, len(log)-2000):]))
	}
	return r, nil
}

var progress = regexp.MustCompile(`\| (\d+)/(\d+) - [0-9.]+(?:s/it|it/s)`)

// stepsDone finds how many of that many steps a log tells to be done. Loading is told
// in the same way, of another number.
func stepsDone(log []byte, steps int) (done int) {
	for _, m := range progress.FindAllSubmatch(log, -1) {
		if string(m[2]) != strconv.Itoa(steps) {
			continue
		}
		if at, err := strconv.Atoi(string(m[1])); err == nil && at == done+1 {
			done = at
		}
	}
	return done
}
