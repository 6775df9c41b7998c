package disk

import (
	"io/fs"
	"os"
	"path/filepath"
)

// OS is the real file system.
type OS struct{}

// MkdirAll implements FS.
func (OS) MkdirAll(dir string) error { return os.MkdirAll(dir, 0o755) }

// Create implements FS.
func (OS) Create(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	// A file system without locks (some network shares) is no reason not to write.
	if lockNew(f) == nil && !same(f, name) {
		f.Close()
		return nil, fs.ErrExist
	}
	return f, nil
}

// Rename implements FS.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements FS.
func (OS) Remove(name string) error { return os.Remove(name) }

func dirOf(path string) string { return filepath.Dir(path) }

// A Lock is held by this process until Unlock or its death, however sudden.
type Lock struct{ file *os.File }

// Acquire takes the lock file at path, or fails when another process has it.
func Acquire(path string) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, &Error{path, err}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, &Error{path, err}
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// Unlock lets go and removes the lock file.
func (l *Lock) Unlock() {
	name := l.file.Name()
	os.Remove(name)
	l.file.Close()
	os.Remove(name) // where open files cannot be removed
}

// Held reports whether a living process holds the lock on the file at path.
func Held(path string) bool {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return !os.IsNotExist(err)
	}
	defer f.Close()
	return lock(f) != nil
}
