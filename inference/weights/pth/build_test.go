package pth

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// Pickles by hand, right or wrong.

func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

func num(n int64) string {
	return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func nums(n ...int64) string {
	s := "("
	for _, v := range n {
		s += num(v)
	}
	return s + "t"
}

func name(module, n string) string { return "c" + module + "\n" + n + "\n" }

func ref(kind, key string, numel int64) string {
	return "(" + text("storage") + name("torch", kind) + text(key) + text("cpu") + num(numel) + "tQ"
}

func rebuild(storage string, offset int64, shape, strides string) string {
	return name("torch._utils", "_rebuild_tensor_v2") + "(" + storage + num(offset) + shape + strides +
		"\x89" + name("collections", "OrderedDict") + ")RtR"
}

func table(items ...string) string {
	s := "}("
	for _, i := range items {
		s += i
	}
	return s + "u"
}

func pickle(v string) string { return "\x80\x02" + v + "." }

// floats is a tensor in storage 0, which small has.
func floats(offset int64, shape, strides string) string {
	return rebuild(ref("FloatStorage", "0", 6), offset, shape, strides)
}

type item struct {
	name, data string
	method     uint16
	flags      uint16
	crc        uint32 // added to the right one
}

func archived(t testing.TB, items ...item) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, i := range items {
		f, err := w.CreateRaw(&zip.FileHeader{
			Name: i.name, Method: i.method, Flags: i.flags, CRC32: crc32.ChecksumIEEE([]byte(i.data)) + i.crc,
			CompressedSize64: uint64(len(i.data)), UncompressedSize64: uint64(len(i.data)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(i.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// small is a checkpoint with the pickle given and one storage of 24 bytes.
func small(t testing.TB, pickle string) []byte {
	t.Helper()
	return archived(t, item{name: "m/data.pkl", data: pickle}, item{name: "m/byteorder", data: "little"},
		item{name: "m/data/0", data: "\x00\x00\x80\x3f" + "\x00\x00\x00\x40" + "0123456789abcdef"})
}
