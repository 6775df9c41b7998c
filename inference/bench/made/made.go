// Package made writes checkpoints of random numbers for benchmarks: of sizes that
// matter, and of no meaning.
package made

import (
	"bufio"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strings"

	"kinora/inference/tensor"
	"kinora/inference/weights/quant"
	"kinora/inference/weights/safetensors"
)

// Write writes tensors of those shapes as a safetensors file.
func Write(path string, shapes map[string]tensor.Shape) error {
	return Create(path, func(w io.Writer) error { return safetensors.Write(w, Random(shapes), nil) })
}

// Create writes a file that is only there when it is whole.
func Create(path string, data func(io.Writer) error) error {
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(data(w), w.Flush(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

// Random gives tensors bf16 numbers of size 1/√fan-in, and gains numbers near 1.
func Random(shapes map[string]tensor.Shape) (entries []safetensors.Entry) {
	for name, shape := range shapes {
		entries = append(entries, safetensors.Entry{Name: name, DType: tensor.BF16, Shape: shape, Data: func(w io.Writer) error {
			size, mean := 0.02, 0.0
			switch {
			case strings.Contains(name, "norm") && strings.HasSuffix(name, ".weight"), strings.HasSuffix(name, "gamma"):
				mean = 1
			case len(shape) > 1 && !strings.HasSuffix(name, "modulation"):
				size = 1 / math.Sqrt(float64(shape[1:].Len()))
			}
			v := Normal(name, min(shape.Len(), 1<<20+7), size, mean)
			once := make([]byte, 2*len(v))
			if err := quant.Narrow(once, tensor.BF16, v); err != nil {
				return err
			}
			for left := 2 * shape.Len(); left > 0; left -= len(once) {
				if _, err := w.Write(once[:min(left, len(once))]); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	return entries
}

// Normal draws n numbers that depend on the name alone.
func Normal(name string, n int, size, mean float64) []float32 {
	h := fnv.New64a()
	io.WriteString(h, name)
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(mean + size*r.NormFloat64())
	}
	return v
}
