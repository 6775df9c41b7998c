package export

import (
	"encoding/binary"
	"io"
)

// A span is the inside of a box.
type span struct{ from, to int64 }

// maxBoxes bounds how many boxes are looked at on the way to the comment.
const maxBoxes = 4096

// readMP4 walks to moov/udta/meta/ilst/©cmt/data by box headers alone and reads
// nothing else.
func readMP4(f io.ReaderAt, size int64) (Recipe, error) {
	budget := maxBoxes
	at := span{0, size}
	for _, name := range []string{"moov", "udta", "meta", "ilst", "\xa9cmt", "data"} {
		var ok bool
		if at, ok = find(f, at, name, &budget); !ok {
			return Recipe{}, ErrNoRecipe
		}
		switch name {
		case "meta": // version and flags, absent in QuickTime's own files
			var b [8]byte
			if _, err := f.ReadAt(b[:], at.from); err == nil && string(b[4:]) != "hdlr" {
				at.from += 4
			}
		case "data": // type and locale
			at.from += 8
		}
	}
	n := at.to - at.from
	if n < 0 || n > maxRecipe {
		return Recipe{}, ErrNoRecipe
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, at.from); err != nil {
		return Recipe{}, ErrNoRecipe
	}
	return parseRecipe(b)
}

func find(f io.ReaderAt, in span, name string, budget *int) (span, bool) {
	for in.to-in.from >= 8 && *budget > 0 {
		*budget--
		var h [16]byte
		if _, err := f.ReadAt(h[:8], in.from); err != nil {
			return span{}, false
		}
		size, head := int64(binary.BigEndian.Uint32(h[:])), int64(8)
		switch size {
		case 0:
			size = in.to - in.from
		case 1:
			if _, err := f.ReadAt(h[8:], in.from+8); err != nil {
				return span{}, false
			}
			size, head = int64(binary.BigEndian.Uint64(h[8:])), 16
		}
		if size < head || size > in.to-in.from {
			return span{}, false
		}
		if string(h[4:8]) == name {
			return span{in.from + head, in.from + size}, true
		}
		in.from += size
	}
	return span{}, false
}
