// Package disk writes files that are either whole or not there: beside their
// place as .part, synced, then renamed. It does not know what is in them.
package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Part is the ending of files that are still being written.
const Part = ".part"

// An FS is what writing needs of a file system; tests make it fail.
type FS interface {
	MkdirAll(dir string) error
	// Create makes a new file and holds a lock on it until it is closed or its
	// process dies. A file that exists already is fs.ErrExist.
	Create(name string) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	SyncDir(dir string) error
}

// A File is open for writing.
type File interface {
	io.Writer
	Sync() error
	Close() error
}

// An Error says that something could not be written, in words for people.
type Error struct {
	Path string
	Err  error
}

func (e *Error) Error() string {
	dir := filepath.Dir(e.Path)
	switch {
	case errors.Is(e.Err, syscall.ENOSPC) || full(e.Err):
		return fmt.Sprintf("cannot write %s: the disk is full; free some space or choose another folder", e.Path)
	case errors.Is(e.Err, fs.ErrPermission) || errors.Is(e.Err, syscall.EROFS):
		return fmt.Sprintf("cannot write %s: no permission to write in %s; choose another folder", e.Path, dir)
	case errors.Is(e.Err, fs.ErrNotExist):
		return fmt.Sprintf("cannot write %s: the folder %s does not exist", e.Path, dir)
	}
	return fmt.Sprintf("cannot write %s: %v", e.Path, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// A Pending file is being written. Nothing is seen at its path before Commit.
type Pending struct {
	fs   FS
	file File
	path string
	err  error
	over bool
}

// Create begins a file at path, making its folder when that is missing.
func Create(f FS, path string) (*Pending, error) {
	if err := f.MkdirAll(filepath.Dir(path)); err != nil {
		return nil, &Error{path, err}
	}
	part := path + Part
	file, err := f.Create(part)
	for try := 0; errors.Is(err, fs.ErrExist) && try < 3; try++ {
		reap(f, part)
		file, err = f.Create(part)
	}
	if errors.Is(err, fs.ErrExist) {
		err = errors.New("it is just being written by another Kinora")
	}
	if err != nil {
		return nil, &Error{path, err}
	}
	return &Pending{fs: f, file: file, path: path}, nil
}

// Write implements io.Writer. After a failure all further writes fail alike.
func (p *Pending) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.file.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		p.err = &Error{p.path, err}
	}
	return n, p.err
}

// Commit puts the file in its place, replacing one that is there. When it fails,
// the place is as it was; only when the folder cannot be synced is the file there
// all the same, and may be gone again after a power cut.
func (p *Pending) Commit() error {
	if p.over {
		return p.err
	}
	if p.err == nil {
		if err := p.file.Sync(); err != nil {
			p.err = &Error{p.path, err}
		}
	}
	if p.err != nil {
		p.Abort()
		return p.err
	}
	if err := p.publish(); err != nil {
		p.err = &Error{p.path, err}
		p.Abort()
		return p.err
	}
	p.over = true
	return nil
}

// Abort forgets the file. After Commit it does nothing, so it can be deferred.
func (p *Pending) Abort() {
	if p.over {
		return
	}
	p.over = true
	p.file.Close()
	p.fs.Remove(p.path + Part)
}

// WriteFile writes data at path, whole or not at all.
func WriteFile(f FS, path string, data []byte) error {
	p, err := Create(f, path)
	if err != nil {
		return err
	}
	defer p.Abort()
	if _, err := p.Write(data); err != nil {
		return err
	}
	return p.Commit()
}

// Copy writes at path what is read from r, whole or not at all.
func Copy(ctx context.Context, f FS, path string, r io.Reader) error {
	p, err := Create(f, path)
	if err != nil {
		return err
	}
	defer p.Abort()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch _, err := io.CopyN(p, r, 1<<20); {
		case errors.Is(err, io.EOF):
			return p.Commit()
		case err != nil:
			return err
		}
	}
}

// Probe reports why a file could not be written at path, without writing it.
func Probe(f FS, path string) error {
	p, err := Create(f, path)
	if err == nil {
		p.Abort()
	}
	return err
}

// Sweep removes the .part files right in dir that dead processes left, if mine
// says that their names, without the ending, are those of our files.
func Sweep(f FS, dir string, mine func(name string) bool) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range list {
		if name, ok := strings.CutSuffix(e.Name(), Part); ok && mine(name) && e.Type().IsRegular() {
			reap(f, filepath.Join(dir, e.Name()))
		}
	}
}
