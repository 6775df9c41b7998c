// Package mapped shows the bytes of a file without reading them into memory first.
// It knows no format.
//
// A mapping has one weakness: when somebody else cuts the file short, touching
// the lost pages is a fault and not an error. So headers and copies go through
// ReadAt, which asks the system for the bytes; View says no once the file has
// changed its size; and Guard turns the fault that is left into an error.
package mapped

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"sync"
)

// ErrChanged means that a file became shorter or longer while it was in use.
var ErrChanged = errors.New("the file changed while it was in use; open it again")

// A File is read-only bytes, of a file or in memory.
type File struct {
	path string
	size int64
	file *os.File // nil when in memory

	mu     sync.RWMutex
	data   []byte
	closed bool
}

// Open maps the file at path.
func Open(path string) (*File, error) {
	// Looked at before it is opened: opening a pipe would wait for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	size := info.Size()
	if size == 0 {
		return nil, errors.Join(fmt.Errorf("%s is empty", path), f.Close())
	}
	if size > math.MaxInt {
		return nil, errors.Join(fmt.Errorf("%s has %d bytes, more than this system can address", path, size), f.Close())
	}
	data, err := mmap(f, int(size))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("map %s into memory: %w", path, err), f.Close())
	}
	return &File{path: path, size: size, file: f, data: data}, nil
}

// Bytes makes a File of bytes in memory, which must not change afterwards.
func Bytes(data []byte) *File {
	return &File{path: "(in memory)", size: int64(len(data)), data: data}
}

// Path returns where the file lies, for messages.
func (f *File) Path() string { return f.path }

// Size returns how many bytes the file had when it was opened.
func (f *File) Size() int64 { return f.size }

// ReadAt implements io.ReaderAt. It is safe whatever happens to the file.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return 0, os.ErrClosed
	}
	if off < 0 || off > f.size {
		return 0, io.EOF
	}
	if f.file == nil {
		n := copy(p, f.data[off:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	}
	return f.file.ReadAt(p, off)
}

// View returns n bytes from off on without copying. They live until Close.
func (f *File) View(off, n int64) ([]byte, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return nil, os.ErrClosed
	}
	if off < 0 || n < 0 || off > f.size || n > f.size-off {
		return nil, fmt.Errorf("bytes %d to %d+%d of a file of %d", off, off, n, f.size)
	}
	if f.file != nil {
		info, err := f.file.Stat()
		if err != nil {
			return nil, err
		}
		if info.Size() != f.size {
			return nil, ErrChanged
		}
	}
	return f.data[off : off+n : off+n], nil
}

// Close gives the mapping back. Views taken before are invalid from then on.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	data := f.data
	f.data = nil
	if f.file == nil {
		return nil
	}
	return errors.Join(munmap(data), f.file.Close())
}

// Guard runs read, in which Go code looks at views, and returns ErrChanged when
// it touched a page that the file no longer has. Faults in C code or in other
// goroutines are not caught.
func Guard(read func() error) (err error) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // a fault at an address, not another panic
			err = ErrChanged
		default:
			panic(p)
		}
	}()
	return read()
}
