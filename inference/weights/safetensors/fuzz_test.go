package safetensors

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"testing"

	"kinora/inference/tensor"
)

// use does with a parsed file what a loader does; everything it promises must hold.
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
}

func FuzzParse(f *testing.F) {
	data, _ := sample(f)
	f.Add(data)
	f.Add(raw(one(`"F32"`, `[2]`, `[0,8]`), 8))
	f.Add(raw(one(`"F32"`, `[4294967296,4294967296]`, `[0,0]`), 0))
	f.Add(raw(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0))
	f.Add(raw(`{"\u0061\ud800":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}   `, 1))
	f.Add(binary.LittleEndian.AppendUint64(nil, 1<<63))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			return
		}
		use(t, file)
		// What was read can be written, and is then the same.
		var entries []Entry
		for _, n := range file.Names() {
			d, s, _ := file.Info(n)
			b, _ := file.Bytes(n)
			entries = append(entries, Entry{n, d, s, Bytes(b)})
		}
		var again bytes.Buffer
		if err := Write(&again, entries, file.Metadata()); err != nil {
			t.Fatal(err)
		}
		back, err := Parse(again.Bytes())
		if err != nil {
			t.Fatalf("our own file: %v", err)
		}
		for _, e := range entries {
			x, _ := file.Bytes(e.Name)
			y, err := back.Bytes(e.Name)
			if err != nil || !bytes.Equal(x, y) {
				t.Fatalf("%q differs after writing: %v", e.Name, err)
			}
		}
	})
}

// A header claims most of what can be wrong: cut it at every byte, and turn over
// every bit.
func TestCutAndFlipped(t *testing.T) {
	var buf bytes.Buffer
	var entries []Entry
	for _, n := range []string{"blocks.0.attn.q.weight", "blocks.0.attn.q.bias", "head.modulation"} {
		entries = append(entries, Entry{n, tensor.F32, tensor.Shape{3, 100}, func(w io.Writer) error {
			_, err := w.Write(make([]byte, 1200))
			return err
		}})
	}
	if err := Write(&buf, entries, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	for n := range data {
		if _, err := Parse(data[:n]); err == nil {
			t.Fatalf("cut to %d of %d bytes, and no error", n, len(data))
		}
	}
	header := 8 + int(binary.LittleEndian.Uint64(data))
	for bit := range header * 8 {
		flipped := bytes.Clone(data)
		flipped[bit/8] ^= 1 << (bit % 8)
		if f, err := Parse(flipped); err == nil {
			use(t, f)
		}
	}
}

// The largest tables that a hostile header can have must not cost more memory
// than the file and 64 MB.
func TestMemoryIsBounded(t *testing.T) {
	head := []byte("{")
	long := bytes.Repeat([]byte("n"), maxName-8)
	for i := range maxTensors {
		if i > 0 {
			head = append(head, ',')
		}
		head = append(head, '"')
		head = append(head, long...)
		for k := range 8 {
			head = append(head, 'a'+byte(i>>(2*k))&3)
		}
		head = append(head, `":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1],"data_offsets":[`...)
		head = append(head, itoa(i)+","+itoa(i+1)+"]}"...)
	}
	data := raw(string(append(head, '}')), maxTensors)
	head = nil
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	// Everything allocated on the way, garbage included.
	if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(len(data))+64<<20 {
		t.Errorf("%d MB for a file of %d MB", spent>>20, len(data)>>20)
	}
	runtime.KeepAlive(f)
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + itoa(i%10)
}
