//go:build unix

package disk

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

func full(err error) bool { return errors.Is(err, syscall.EDQUOT) }

// publish renames while the file is still open and locked, so that no sweep can
// come between.
func (p *Pending) publish() error {
	if err := p.fs.Rename(p.path+Part, p.path); err != nil {
		return err
	}
	p.file.Close() // synced already
	return p.fs.SyncDir(dirOf(p.path))
}

// reap removes a .part file whose writer is gone, holding its lock meanwhile.
func reap(on FS, part string) {
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if lock(f) == nil && same(f, part) {
		on.Remove(part)
	}
}

// lockNew waits for the lock: only a sweep can have it, and only for a moment.
func lockNew(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }

func lock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// same tells whether f is still what lies at name, and not swept away between
// its creation and its lock.
func same(f *os.File, name string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(name)
	return err == nil && os.SameFile(a, b)
}

// SyncDir makes renames in dir last.
func (OS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, fs.ErrInvalid) {
		return err // EINVAL: a file system whose folders cannot be synced
	}
	return nil
}
