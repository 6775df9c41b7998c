package pth

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"kinora/inference/tensor"
	"kinora/inference/weights/mapped"
)

const (
	maxDirectory = 2 << 20 // bytes of the zip's table of contents
	maxPickle    = 16 << 20
)

// An archive is the zip around a checkpoint. Its tensors are stored as they are,
// so that they can be used where they lie.
type archive struct {
	pickle  []byte
	entries map[string]entry // by key: what lies under …/data/
}

type entry struct{ begin, size int64 }

// frugal ends reading after so many bytes: a table of contents becomes several
// times its own size in memory, and need not be large.
type frugal struct {
	*mapped.File
	left int
}

var errDirectory = fmt.Errorf("a table of contents of more than %d MB", maxDirectory>>20)

func (f *frugal) ReadAt(p []byte, off int64) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errDirectory
	}
	return f.File.ReadAt(p, off)
}

func readArchive(from *mapped.File) (*archive, error) {
	in := &frugal{from, maxDirectory}
	z, err := zip.NewReader(in, from.Size())
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cut short or damaged: the zip's table of contents is not at its end; copy or download the file again")
	}
	if err != nil {
		return nil, err
	}
	in.left = 2 * maxPickle // of what is read from here on
	root, err := checkEntries(z, from.Size())
	if err != nil {
		return nil, err
	}
	a := &archive{entries: map[string]entry{}}
	for _, f := range z.File {
		name, ok := strings.CutPrefix(f.Name, root)
		if !ok {
			continue
		}
		key, isData := strings.CutPrefix(name, "data/")
		switch {
		case isData:
			begin, err := f.DataOffset()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
			a.entries[key] = entry{begin, int64(f.UncompressedSize64)}
		case name == "data.pkl":
			if a.pickle, err = content(f, maxPickle); err != nil {
				return nil, err
			}
		case name == "byteorder":
			order, err := content(f, 16)
			if err != nil {
				return nil, err
			}
			if string(order) != "little" {
				return nil, fmt.Errorf("numbers in byte order %q; only little is read", order)
			}
		}
	}
	return a, nil
}

// checkEntries holds the table of contents to what PyTorch writes, and returns
// the folder in which everything lies.
func checkEntries(z *zip.Reader, size int64) (root string, err error) {
	seen := map[string]bool{}
	type span struct {
		begin, end int64
		f          *zip.File
	}
	var spans []span
	for _, f := range z.File {
		switch {
		case seen[f.Name]:
			return "", fmt.Errorf("%q lies in the zip twice", f.Name)
		case f.Flags&1 != 0:
			return "", fmt.Errorf("%q is encrypted", f.Name)
		case f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64:
			return "", fmt.Errorf("%q is compressed, which PyTorch never does", f.Name)
		}
		seen[f.Name] = true
		begin, err := f.DataOffset()
		if err != nil {
			return "", fmt.Errorf("%q: %w", f.Name, err)
		}
		if begin < 0 || begin > size || f.UncompressedSize64 > uint64(size-begin) {
			return "", fmt.Errorf("%q reaches over the end of the file", f.Name)
		}
		spans = append(spans, span{begin, begin + int64(f.UncompressedSize64), f})
		if folder, ok := strings.CutSuffix(f.Name, "data.pkl"); ok && strings.Count(folder, "/") <= 1 {
			if root != "" {
				return "", fmt.Errorf("two pickles, in %q and %q", root, folder)
			}
			root = folder
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.begin, b.begin) })
	for i, s := range spans[min(1, len(spans)):] {
		// A header of at least 30 bytes and the name lies before each.
		if before := spans[i]; before.end > s.begin-30-int64(len(s.f.Name)) {
			return "", fmt.Errorf("%q and %q overlap", before.f.Name, s.f.Name)
		}
	}
	if root == "" {
		return "", errors.New("a zip, but not a PyTorch checkpoint: there is no data.pkl in it")
	}
	return root, nil
}

// content reads a small entry and verifies its checksum.
func content(f *zip.File, most int64) ([]byte, error) {
	if f.UncompressedSize64 > uint64(most) {
		return nil, fmt.Errorf("%s: %d bytes; at most %d", f.Name, f.UncompressedSize64, most)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	b := make([]byte, f.UncompressedSize64)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	if _, err := r.Read(make([]byte, 1)); err != io.EOF { // where the checksum is compared
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return b, nil
}

// A storage is a stretch of the file that tensors share.
type storage struct {
	dtype tensor.DType
	numel int64
	begin int64
}

// storage finds what the pickle calls by a key, and holds it to what it says.
func (a *archive) storage(d tensor.DType, key string, numel int64) (*storage, error) {
	e, ok := a.entries[key]
	if !ok {
		return nil, fmt.Errorf("storage %q is not in the file", key)
	}
	if size := d.Size(1); numel < 0 || numel > e.size/size || numel*size != e.size {
		return nil, fmt.Errorf("storage %q of %d %v elements has %d bytes", key, numel, d, e.size)
	}
	return &storage{d, numel, e.begin}, nil
}
