package safetensors

import (
	"fmt"
	"math"
	"strings"

	"kinora/inference/tensor"
)

// dtypes gives the format's names for element types.
var dtypes = map[string]tensor.DType{
	"BOOL": tensor.Bool, "U8": tensor.U8, "I8": tensor.I8,
	"F8_E4M3": tensor.F8E4M3, "F8_E5M2": tensor.F8E5M2,
	"F16": tensor.F16, "BF16": tensor.BF16, "F32": tensor.F32, "F64": tensor.F64,
	"I32": tensor.I32, "I64": tensor.I64,
}

// exponents is what some writers call the exponents of block scales, and others U8.
const exponents = "F8_E8M0"

// parseHeader reads {name: {dtype, shape, data_offsets}, …, "__metadata__": {…}}.
// Offsets are left as they are written: counted from the end of the header.
func parseHeader(raw []byte) (map[string]info, map[string]string, error) {
	if len(raw) == 0 || raw[0] != '{' {
		return nil, nil, fmt.Errorf("does not start with {")
	}
	s := &scanner{b: raw}
	tensors := map[string]info{}
	var metadata map[string]string
	err := s.object(maxName, func(name string) error {
		if name == "__metadata__" {
			if metadata != nil {
				return fmt.Errorf("__metadata__ twice")
			}
			var err error
			metadata, err = s.metadata()
			return err
		}
		if _, twice := tensors[name]; twice {
			return fmt.Errorf("tensor %q twice", name)
		}
		if len(tensors) == maxTensors {
			return fmt.Errorf("more than %d tensors", maxTensors)
		}
		t, err := s.tensor()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		tensors[name] = t
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if s.peek() != 0 {
		return nil, nil, s.errorf("something after the closing }")
	}
	return tensors, metadata, nil
}

func (s *scanner) metadata() (map[string]string, error) {
	m, total := map[string]string{}, 0
	err := s.object(maxMetadata, func(key string) error {
		v, err := s.str(maxMetadata)
		if err != nil {
			return err
		}
		if _, twice := m[key]; twice {
			return fmt.Errorf("%q twice", key)
		}
		if total += len(key) + len(v) + 64; total > maxMetadata {
			return fmt.Errorf("more than %d MB", maxMetadata>>20)
		}
		m[strings.Clone(key)] = strings.Clone(v)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("__metadata__: %w", err)
	}
	return m, nil
}

func (s *scanner) tensor() (info, error) {
	var t info
	var size int64 // of the dtype
	var at []int64
	var seen [3]bool
	once := func(i int, key string) error {
		if seen[i] {
			return fmt.Errorf("%s twice", key)
		}
		seen[i] = true
		return nil
	}
	err := s.object(16, func(key string) error {
		switch key {
		case "dtype":
			if err := once(0, key); err != nil {
				return err
			}
			name, err := s.str(32)
			if err != nil {
				return err
			}
			d, ok := dtypes[name]
			if name == exponents {
				d, ok = tensor.U8, true
			}
			if !ok {
				return fmt.Errorf("dtype %q is not one that this program knows", name)
			}
			t.dtype, size = d, d.Size(1)
			return nil
		case "shape":
			if err := once(1, key); err != nil {
				return err
			}
			dims, err := s.ints(maxDims)
			for _, d := range dims {
				t.shape = append(t.shape, int(d))
			}
			return err
		case "data_offsets":
			err := once(2, key)
			if err == nil {
				at, err = s.ints(2)
			}
			return err
		}
		return fmt.Errorf("unknown field %q", key)
	})
	if err != nil {
		return info{}, err
	}
	if seen != [3]bool{true, true, true} {
		return info{}, fmt.Errorf("needs dtype, shape and data_offsets")
	}
	if len(at) != 2 || at[0] > at[1] {
		return info{}, fmt.Errorf("data_offsets %v", at)
	}
	n, ok := t.shape.CheckedLen()
	if !ok || int64(n) > math.MaxInt64/size {
		return info{}, fmt.Errorf("shape %v is too large", t.shape)
	}
	if at[1]-at[0] != int64(n)*size {
		return info{}, fmt.Errorf("%v of shape %v takes %d bytes, data_offsets give %d", t.dtype, t.shape, int64(n)*size, at[1]-at[0])
	}
	t.begin, t.end = at[0], at[1]
	return t, nil
}
