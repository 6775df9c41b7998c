package wan

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"kinora/inference/tensor"
)

// TestPublishedShapes holds the outline of TI2V-5B to the list of its tensors.
func TestPublishedShapes(t *testing.T) {
	for file, have := range map[string]map[string]tensor.Shape{
		"tensors_dit.tsv": TI2V5B.Denoiser(), "tensors_umt5.tsv": TI2V5B.Text(), "tensors_vae.tsv": TI2V5B.VAE(),
	} {
		b, err := os.ReadFile("../../weights/dialect/testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")[1:]
		for _, line := range lines {
			c := strings.Split(line, "\t")
			if got := strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(have[c[0]])), " ", "x"), "[]"); got != c[1] {
				t.Errorf("%s: %s, want %s", c[0], got, c[1])
			}
		}
		if len(lines) != len(have) {
			t.Errorf("%s: %d tensors, want %d", file, len(have), len(lines))
		}
	}
}
