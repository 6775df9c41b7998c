// Package sources tells whether compiled kernels are those of the sources. It knows
// no compiler.
package sources

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Sum lists the files that kernels are compiled from, under dir, each with the
// hash of its text.
func Sum(dir string) (string, error) {
	var b strings.Builder
	for _, pattern := range []string{"*.cu", "include/*.cuh"} {
		files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			return "", err
		}
		slices.Sort(files)
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return "", err
			}
			text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
			rel, err := filepath.Rel(dir, f)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(text), filepath.ToSlash(rel))
		}
	}
	return b.String(), nil
}
