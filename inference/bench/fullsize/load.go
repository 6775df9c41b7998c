package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kinora/inference/weights"
	"kinora/inference/weights/dialect"
)

// load compares reading every tensor of the VAE and of the denoiser with copying the
// files, both from the system's cache into the same memory, which has room for any
// tensor: each is done six times by turns, and the least time but the first counts.
func load(dir string) error {
	to := make([]byte, 256<<20)
	for i := range to {
		to[i] = 1 // the system gives it now, not while the clock runs
	}
	for _, i := range []int{2, 0} {
		path := filepath.Join(dir, filepath.FromSlash(files[i].path))
		var copied, read time.Duration
		var n, m int64
		for round := range 6 {
			var c, r time.Duration
			var err error
			if n, c, err = copyFile(path, to); err != nil {
				return err
			}
			if m, r, err = readTensors(path, to); err != nil {
				return err
			}
			if round <= 1 {
				copied, read = c, r
			}
			copied, read = min(copied, c), min(read, r)
		}
		fmt.Printf("%s: %.2f GB copied from the cache in %.2f s (%.2f GB/s), its tensors (%.2f GB) read in %.2f s (%.2f GB/s): ratio %.2f\n",
			filepath.Base(path), float64(n)/1e9, copied.Seconds(), float64(n)/1e9/copied.Seconds(), float64(m)/1e9, read.Seconds(), float64(m)/1e9/read.Seconds(),
			read.Seconds()/copied.Seconds())
	}
	return nil
}

func copyFile(path string, to []byte) (n int64, took time.Duration, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	begun := time.Now()
	for {
		k, err := f.Read(to)
		n += int64(k)
		if errors.Is(err, io.EOF) {
			return n, time.Since(begun), nil
		}
		if err != nil {
			return n, 0, err
		}
	}
}

func readTensors(path string, to []byte) (n int64, took time.Duration, err error) {
	begun := time.Now()
	src, err := weights.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer src.Close()
	all, err := dialect.Identify(src)
	if err != nil {
		return 0, 0, err
	}
	if len(all) != 1 {
		return 0, 0, fmt.Errorf("%s holds %d parts", path, len(all))
	}
	s := all[0].AsStored
	for _, name := range s.Names() {
		d, shape, _ := s.Info(name)
		size := d.Size(shape.Len())
		if int64(len(to)) < size {
			return 0, 0, fmt.Errorf("%s has %d bytes, more than there is room for", name, size)
		}
		if err := weights.Read(s, name, to[:size]); err != nil {
			return 0, 0, err
		}
		n += size
	}
	return n, time.Since(begun), nil
}
