package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"kinora/app/cli"
	"kinora/app/settings"
)

// kinora bench measures all there is to measure, in words and in JSON, and never
// passes a prediction off as a measurement.
func TestBench(t *testing.T) {
	t.Setenv(settings.HomeVariable, t.TempDir())
	run := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := cli.Run(t.Context(), cli.Env{Version: version, Out: &out, Err: &errs, Columns: func() int { return 0 }, Getenv: os.Getenv,
			Engine: newEngine, Bench: measure}, append([]string{"bench"}, args...))
		return code, out.String(), errs.String()
	}
	code, out, errs := run("--quick", "--device", "cpu", "--threads", "2")
	if code != cli.OK {
		t.Fatalf("code %d\n%s\n%s", code, out, errs)
	}
	measured, guessed, ok := strings.Cut(out, "PREDICTIONS, not measured")
	if !ok || strings.Contains(measured, "RTX") || strings.Count(guessed, "RTX 4090") != 9 {
		t.Errorf("predictions are not set apart:\n%s", out)
	}
	for _, want := range []string{"opening the device", "cold start to", "a step", "decoding", "attention to the text", "conv3d", "denoiser, one pass", "GB held"} {
		if !strings.Contains(measured, want) {
			t.Errorf("no %s in\n%s", want, measured)
		}
	}
	code, out, errs = run("--quick", "--json", "--device", "cpu")
	var f figures
	if err := json.Unmarshal([]byte(out), &f); code != cli.OK || err != nil {
		t.Fatalf("code %d, %v\n%s\n%s", code, err, out, errs)
	}
	if f.Device != "cpu" || len(f.Lines) < 15 || len(f.Predicted.At) != 45 || !strings.HasPrefix(f.Predicted.Note, "PREDICTIONS") || f.Memory.Total <= 0 {
		t.Errorf("%+v", f)
	}
	for _, bad := range [][]string{{"--device", "abacus"}, {"--device", "card"}, {"word"}, {"--threads", "-1"}} {
		if code, _, errs := run(bad...); code == cli.OK || errs == "" {
			t.Errorf("%v: code %d, %q", bad, code, errs)
		}
	}
}
