// Package texts keeps what text encoders made of prompts in a folder, so that the
// same prompt need not be encoded again. Any file of it may be deleted at any time.
// It knows neither prompts nor models: only keys.
package texts

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kinora/app/disk"
)

// most is how many bytes are kept; the longest prompt of the largest model takes 8
// MB, a common one a few hundred kB.
const most = 256 << 20

const ending = ".text"

// A Folder holds encoded texts. The zero value holds none.
type Folder struct {
	on   disk.FS
	dir  string
	most int64
}

// In returns the texts kept in dir.
func In(on disk.FS, dir string) *Folder { return &Folder{on, dir, most} }

// Get returns what was put under key. A file that is not whole is as good as none.
func (f *Folder) Get(key string) ([]byte, bool) {
	path := filepath.Join(f.dir, key+ending)
	info, err := os.Stat(path)
	if err != nil || info.Size() > most {
		return nil, false
	}
	b, err := os.ReadFile(path)
	if err != nil || len(b) < sha256.Size {
		return nil, false
	}
	rows := b[:len(b)-sha256.Size]
	if sum := sha256.Sum256(rows); string(sum[:]) != string(b[len(rows):]) {
		return nil, false
	}
	now := time.Now()
	os.Chtimes(path, now, now) // the longest unused goes first
	return rows, true
}

// Put keeps rows under key. That it could not only costs time later, so nothing is
// said of it.
func (f *Folder) Put(key string, rows []byte) {
	sum := sha256.Sum256(rows)
	if f.on.MkdirAll(f.dir) != nil {
		return
	}
	if disk.WriteFile(f.on, filepath.Join(f.dir, key+ending), append(slices.Clone(rows), sum[:]...)) == nil {
		f.prune()
	}
}

// prune removes what was unused longest.
func (f *Folder) prune() {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return
	}
	var all []os.FileInfo
	var sum int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil && filepath.Ext(e.Name()) == ending {
			all, sum = append(all, info), sum+info.Size()
		}
	}
	slices.SortFunc(all, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range all {
		if sum <= f.most {
			return
		}
		if f.on.Remove(filepath.Join(f.dir, info.Name())) == nil {
			sum -= info.Size()
		}
	}
}
