// Package kernels carries the compiled CUDA kernels. The sources lie beside it, one
// operation to a file; `go run ./kernels/make` compiles them into folder ptx. It
// does not know how they are launched.
package kernels

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

//go:embed ptx
var compiled embed.FS

// machines lists the compute capabilities with machine code of their own. It runs
// on those of the same major number from there on; the others compile the PTX when
// they load it.
var machines = []struct{ major, minor int }{{12, 0}, {9, 0}, {8, 9}, {8, 6}}

// Sources tells what sources were compiled: a hash of each.
func Sources() string {
	b, err := compiled.ReadFile("ptx/SOURCES")
	if err != nil {
		return ""
	}
	return string(b)
}

// Images returns the kernels of a source file for a compute capability, the best
// first. A driver may be too old for the first, so the others are tried.
//
// Files called _sm90a are for 9.0 only.
func Images(major, minor int, file string) ([][]byte, error) {
	var names []string
	if strings.HasSuffix(file, "_sm90a") && major == 9 && minor == 0 {
		names = append(names, "ptx/sm_90a/"+file+".cubin.gz")
	}
	for _, m := range machines {
		if m.major == major && m.minor <= minor {
			names = append(names, fmt.Sprintf("ptx/sm_%d%d/%s.cubin.gz", m.major, m.minor, file))
			break
		}
	}
	names = append(names, "ptx/compute_80/"+file+".ptx.gz")
	var images [][]byte
	for _, n := range names {
		b, err := compiled.ReadFile(n)
		if err != nil {
			continue // that machine's code was not made
		}
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("kernels: %s: %w", n, err)
		}
		if b, err = io.ReadAll(z); err != nil {
			return nil, fmt.Errorf("kernels: %s: %w", n, err)
		}
		images = append(images, b)
	}
	if len(images) == 0 {
		return nil, fmt.Errorf("kernels: %s: %w", file, fs.ErrNotExist)
	}
	return images, nil
}
