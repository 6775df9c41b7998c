package gguf

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"kinora/inference/weights/mapped"
)

func use(t *testing.T, f *File) {
	t.Helper()
	total := int64(0)
	for _, name := range f.Names() {
		d, s, ok := f.Info(name)
		b, err := f.Bytes(name)
		if !ok || err != nil || int64(len(b)) != d.Size(s.Len()) {
			t.Fatalf("%q: %v %v, %d bytes, %v", name, d, s, len(b), err)
		}
		total += int64(len(b))
	}
	if total > f.from.Size() {
		t.Fatalf("%d bytes of tensors in a file of %d", total, f.from.Size())
	}
	for key := range f.keys {
		if v, err := f.Value(key); err != nil || v == nil {
			t.Fatalf("%q: %v %v", key, v, err)
		}
	}
	f.Metadata()
}

func FuzzRead(f *testing.F) {
	real, err := os.ReadFile(filepath.Join("testdata", "real.gguf"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(real)
	f.Add(file(1, 0).tensor("w", []uint64{8}, 0, 0).data(32))
	f.Add([]byte(file(0, 1).text("k").u32(kindArray).u32(kindString).u64(2).text("a").text("b")))
	f.Add([]byte(file(0, 1).text("k").u32(kindArray).u32(kindU64).u64(1 << 61)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if file, err := Read(mapped.Bytes(data)); err == nil {
			use(t, file)
		}
	})
}

func TestCutAndFlipped(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "real.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(mapped.Bytes(data))
	if err != nil {
		t.Fatal(err)
	}
	end, header := int64(0), f.from.Size()
	for _, t := range f.tensors {
		end, header = max(end, t.end), min(header, t.begin)
	}
	for n := range end { // the padding behind may be missing
		if _, err := Read(mapped.Bytes(data[:n])); err == nil {
			t.Fatalf("cut to %d of %d bytes, and no error", n, len(data))
		}
	}
	for bit := range header * 8 {
		flipped := bytes.Clone(data)
		flipped[bit/8] ^= 1 << (bit % 8)
		if f, err := Read(mapped.Bytes(flipped)); err == nil {
			use(t, f)
		}
	}
}

// The largest tables that a hostile header can have must not cost more memory
// than the file and 64 MB.
func TestMemoryIsBounded(t *testing.T) {
	long := string(bytes.Repeat([]byte("n"), maxName-8))
	tensors := file(maxTensors, 0)
	for i := range maxTensors {
		tensors = tensors.tensor(fmt.Sprintf("%s%08d", long, i), []uint64{8, 1, 1, 1, 1}, 0, uint64(32*i))
	}
	keys := file(0, maxKeys)
	for i := range maxKeys {
		keys = keys.text(fmt.Sprintf("%08d", i)).u32(kindString).text("")
	}
	list := file(0, 1).text("k").u32(kindArray).u32(kindString).u64(maxTexts)
	for range maxTexts {
		list = list.u64(0)
	}
	for name, raw := range map[string][]byte{"tensors": tensors.data(32 * maxTensors), "keys": keys, "list": list} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Read(mapped.Bytes(raw)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		// Everything allocated on the way, garbage included.
		if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(len(raw))+64<<20 {
			t.Errorf("%s: %d MB for a file of %d MB", name, spent>>20, len(raw)>>20)
		}
	}
}
