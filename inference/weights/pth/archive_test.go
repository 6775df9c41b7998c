package pth

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
)

func TestZipFlaws(t *testing.T) {
	good := pickle(table(text("w"), floats(0, nums(2, 3), nums(3, 1))))
	p := item{name: "m/data.pkl", data: good}
	s := item{name: "m/data/0", data: strings.Repeat("x", 24)}
	whole := archived(t, p, s)
	patched := func(old, new string) []byte {
		i := bytes.LastIndex(whole, []byte(old))
		if i < 0 {
			t.Fatalf("no %q to patch", old)
		}
		b := bytes.Clone(whole)
		copy(b[i:], new)
		return b
	}
	var manyItems []item
	for range 40 {
		manyItems = append(manyItems, item{name: strings.Repeat("x", 65000)})
	}
	local := bytes.LastIndex(whole, []byte("PK\x01\x02")) // the table's entry of m/data/0
	moved := func(to uint32) []byte {
		b := bytes.Clone(whole)
		for i := range 4 {
			b[local+42+i] = byte(to >> (8 * i))
		}
		return b
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"cut", whole[:len(whole)-30], "cut short or damaged"},
		{"not a zip", []byte("PK\x03\x04 and so on"), "cut short or damaged"},
		{"no pickle", archived(t, s), "there is no data.pkl"},
		{"pickle too deep", archived(t, item{name: "a/b/data.pkl", data: good}), "there is no data.pkl"},
		{"two pickles", archived(t, p, item{name: "n/data.pkl", data: good}), "two pickles"},
		{"name twice", archived(t, p, s, s), `"m/data/0" lies in the zip twice`},
		{"compressed", archived(t, p, item{name: s.name, data: s.data, method: zip.Deflate}), "is compressed"},
		{"encrypted", archived(t, p, item{name: s.name, data: s.data, flags: 1}), "is encrypted"},
		{"checksum", archived(t, item{name: p.name, data: p.data, crc: 1}, s), "checksum"},
		{"big-endian", archived(t, p, s, item{name: "m/byteorder", data: "big"}), `byte order "big"`},
		{"byte order too long", archived(t, p, s, item{name: "m/byteorder", data: strings.Repeat("x", 99)}), "99 bytes; at most 16"},
		{"pickle too long", archived(t, item{name: p.name, data: strings.Repeat("N", maxPickle+1)}), "at most 16777216"},
		{"table of contents too long", archived(t, manyItems...), "a table of contents of more than 2 MB"},
		{"entry on another", moved(0), "overlap"},
		{"entry over the end", moved(uint32(len(whole) - 10)), "m/data/0"},
		{"entry where no entry is", moved(3), "not a valid zip"},
		{"size of 4 GB", patched("\x18\x00\x00\x00\x18\x00\x00\x00", "\xf0\xff\xff\xff\xf0\xff\xff\xff"), "reaches over the end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(mapped.Bytes(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want …%s…", err, c.want)
			}
		})
	}
	if _, err := Read(mapped.Bytes(whole)); err != nil {
		t.Errorf("the file without a flaw: %v", err)
	}
}

// A hole skips what is only zeros, so that a file of 4 GB takes no room.
type hole struct {
	f  *os.File
	at int64
}

func (h *hole) Write(p []byte) (int, error) {
	if len(p) < 1<<20 {
		if _, err := h.f.WriteAt(p, h.at); err != nil {
			return 0, err
		}
	}
	h.at += int64(len(p))
	return len(p), nil
}

func TestZip64(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs files with holes")
	}
	path := filepath.Join(t.TempDir(), "large.pth")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := &hole{f: file}
	w := zip.NewWriter(out)
	raw := func(name string, size int64, data io.Reader) {
		t.Helper()
		f, err := w.CreateRaw(&zip.FileHeader{Name: name, CompressedSize64: uint64(size), UncompressedSize64: uint64(size)})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{data}, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	const size = 5 << 30
	raw("m/data/0", size, io.LimitReader(zeros{}, size))
	raw("m/data/1", 4, strings.NewReader("tail"))
	u8 := func(key string, n int64) string {
		return rebuild(ref("ByteStorage", key, n), 0, nums(n), nums(1))
	}
	p, err := w.CreateHeader(&zip.FileHeader{Name: "m/data.pkl"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(p, pickle(table(text("large"), u8("0", size), text("small"), u8("1", 4)))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	// CreateHeader leaves sizes to a descriptor behind the data, which the reader
	// must not mind.
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, err := f.Bytes("small"); err != nil || string(b) != "tail" {
		t.Errorf("%q %v", b, err)
	}
	if d, s, ok := f.Info("large"); !ok || d != tensor.U8 || !s.Equal(tensor.Shape{size}) {
		t.Errorf("%v %v", d, s)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil } // into a buffer of zeros
