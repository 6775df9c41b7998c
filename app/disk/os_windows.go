package disk

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// settle is how long a .part file must lie still before it may be swept: here a
// file must be closed, and so loses its lock, before it is renamed.
const settle = 10 * time.Second

func full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

func (p *Pending) publish() error {
	if err := p.file.Close(); err != nil {
		return err
	}
	return p.fs.Rename(p.path+Part, p.path)
}

func reap(on FS, part string) {
	i, err := os.Stat(part)
	if err == nil && time.Since(i.ModTime()) > settle && !Held(part) {
		on.Remove(part)
	}
}

func lockNew(f *os.File) error { return lock(f) }

func lock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 1<<20, &windows.Overlapped{OffsetHigh: 1 << 20})
}

// same is always so: an open file cannot be removed here.
func same(*os.File, string) bool { return true }

// SyncDir does nothing: renames are written through by the file system's journal.
func (OS) SyncDir(string) error { return nil }
