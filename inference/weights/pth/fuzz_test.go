package pth

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"kinora/inference/weights/mapped"
)

func use(t *testing.T, f *File) {
	t.Helper()
	for _, name := range f.Names() {
		d, s, ok := f.Info(name)
		b, err := f.Bytes(name)
		if !ok || err != nil || int64(len(b)) != d.Size(s.Len()) || int64(len(b)) > f.from.Size() {
			t.Fatalf("%q: %v %v, %d bytes, %v", name, d, s, len(b), err)
		}
	}
}

func FuzzRead(f *testing.F) {
	real, err := os.ReadFile(filepath.Join("testdata", "real.pth"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(real)
	f.Add(small(f, pickle(table(text("w"), floats(0, nums(2, 3), nums(3, 1))))))
	f.Fuzz(func(t *testing.T, data []byte) {
		if file, err := Read(mapped.Bytes(data)); err == nil {
			use(t, file)
		}
	})
}

// The pickle alone, which a flipped bit in the whole file hides behind checksums.
func FuzzPickle(f *testing.F) {
	f.Add([]byte(pickle(table(text("w"), floats(0, nums(2, 3), nums(3, 1)), text("t"), floats(1, nums(2, 2), nums(1, 2))))))
	f.Add([]byte(pickle(name("posix", "system") + "(" + text("true") + "tR")))
	f.Add([]byte(pickle("]q\x00(NK\x01M\x01\x02J\x01\x02\x03\x04G\x00\x00\x00\x00\x00\x00\x00\x00\x88\x89eh\x00a")))
	f.Add([]byte(pickle(name("collections", "OrderedDict") + ")R}" + "b")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if file, err := Read(mapped.Bytes(small(t, string(data)))); err == nil {
			use(t, file)
		}
	})
}

func TestCutAndFlipped(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "real.pth"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		if _, err := Read(mapped.Bytes(data[:n])); err == nil {
			t.Fatalf("cut to %d of %d bytes, and no error", n, len(data))
		}
	}
	for bit := range len(data) * 8 {
		flipped := bytes.Clone(data)
		flipped[bit/8] ^= 1 << (bit % 8)
		if f, err := Read(mapped.Bytes(flipped)); err == nil {
			use(t, f)
		}
	}
}

// What makes the most of each byte of a pickle must not cost more memory than the
// file and 64 MB.
func TestMemoryIsBounded(t *testing.T) {
	again := floats(0, nums(1, 1, 1, 1, 1, 1, 1, 1), nums(1, 1, 1, 1, 1, 1, 1, 1))
	args := again[len(name("torch._utils", "_rebuild_tensor_v2")) : len(again)-1] // without the call
	for label, p := range map[string]string{
		"tensors": pickle(name("torch._utils", "_rebuild_tensor_v2") + "q\x00" + args + "q\x01R]" + strings.Repeat("h\x00h\x01Ra", maxOperations/4-20)),
		"tables":  pickle("]" + strings.Repeat("}a", maxOperations/2-10)),
		"nothing": pickle("]" + strings.Repeat("Na", maxOperations/2-10)),
		"texts":   pickle("]" + strings.Repeat(text("x")+"a", maxOperations/2-10)),
		"memo":    pickle(strings.Repeat("Nr\xff\xff\x03\x00", 30000)),
	} {
		t.Run(label, func(t *testing.T) {
			data := small(t, p)
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Read(mapped.Bytes(data))
			runtime.ReadMemStats(&after)
			// Everything allocated on the way, garbage included.
			if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(len(data))+64<<20 {
				t.Errorf("%d MB for a file of %d kB (%v)", spent>>20, len(data)>>10, err)
			}
		})
	}
}
