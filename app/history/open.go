package history

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"kinora/app/disk"
)

//go:embed migrations/*.sql
var migrations embed.FS

const fileName = "history.db"

// A Store is the open history.
type Store struct {
	db    *sql.DB
	dir   string
	owner string // name of our lock file
	lock  *disk.Lock
}

// Open opens the history in dir, making it when there is none. A damaged one is
// moved aside, and aside says where to: the caller then re-reads the clips.
func Open(ctx context.Context, dir string) (s *Store, aside string, err error) {
	if err := os.MkdirAll(filepath.Join(dir, "running"), 0o755); err != nil {
		return nil, "", &disk.Error{Path: dir, Err: err}
	}
	// One process at a time checks, moves aside and migrates.
	gate, err := acquire(ctx, filepath.Join(dir, "opening.lock"))
	if err != nil {
		return nil, "", fmt.Errorf("history in %s: %w", dir, err)
	}
	defer gate.Unlock()

	path := filepath.Join(dir, fileName)
	db, err := open(ctx, path)
	if damaged(err) {
		if aside, err = moveAside(path); err == nil {
			db, err = open(ctx, path)
		}
	}
	if unwritable(err) {
		return nil, aside, &disk.Error{Path: path, Err: err}
	}
	if err != nil {
		return nil, aside, fmt.Errorf("history %s: %w", path, err)
	}
	s = &Store{db: db, dir: dir}
	if s.lock, s.owner, err = own(dir); err != nil {
		db.Close()
		return nil, aside, err
	}
	return s, aside, nil
}

// Close lets go of the file.
func (s *Store) Close() error {
	s.lock.Unlock()
	return s.db.Close()
}

// Journal is the file that changes whenever any process writes to the history.
func (s *Store) Journal() string { return filepath.Join(s.dir, fileName+"-wal") }

func own(dir string) (*disk.Lock, string, error) {
	name := fmt.Sprintf("%d-%d", os.Getpid(), time.Now().UnixNano())
	l, err := disk.Acquire(filepath.Join(dir, "running", name))
	return l, name, err
}

func acquire(ctx context.Context, path string) (*disk.Lock, error) {
	for end := time.Now().Add(10 * time.Second); ; {
		l, err := disk.Acquire(path)
		if we := (*disk.Error)(nil); err == nil || errors.As(err, &we) {
			return l, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("another Kinora does not let go of it (%s); close it and try again", path)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func open(ctx context.Context, path string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	if !strings.HasPrefix(u.Path, "/") {
		u.Path = "/" + u.Path // C:/…
	}
	u.RawQuery = "_journal_mode=WAL&_busy_timeout=5000&_foreign_keys=on&_synchronous=FULL&_txlock=immediate"
	db, err := sql.Open("sqlite3", u.String())
	if err != nil {
		return nil, err
	}
	if err = check(ctx, db); err == nil {
		err = migrate(ctx, db)
	}
	if err == nil {
		err = fits(ctx, db)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

var errDamaged = errors.New("the database is damaged")

func check(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	return nil
}

// fits finds out whether the tables are those of this program, and not of another
// that counts its versions in the same way.
func fits(ctx context.Context, db *sql.DB) error {
	for _, q := range []string{
		selection + "0", "SELECT clip, png FROM thumbnails WHERE 0", "SELECT docid, text FROM words WHERE 0", "SELECT n, owner FROM clips WHERE 0",
		"SELECT clip, machine, weights, work, keeping, bytes, output, master FROM runs WHERE 0",
	} {
		rows, err := db.QueryContext(ctx, q)
		if err != nil {
			return fmt.Errorf("%w: %v", errDamaged, err)
		}
		rows.Close()
	}
	return nil
}

func unwritable(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && slices.Contains([]sqlite3.ErrNo{sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrPerm}, e.Code)
}

func damaged(err error) bool {
	var e sqlite3.Error
	return errors.Is(err, errDamaged) ||
		errors.As(err, &e) && (e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB)
}

// moveAside keeps a damaged database for whoever wants to look at it.
func moveAside(path string) (string, error) {
	aside := strings.TrimSuffix(path, ".db") + ".damaged-" + time.Now().Format("20060102-150405.000") + ".db"
	if err := os.Rename(path, aside); err != nil {
		return "", &disk.Error{Path: path, Err: err}
	}
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Rename(path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", &disk.Error{Path: path + end, Err: err}
		}
	}
	return aside, nil
}

// migrate brings the schema up to date: user_version counts the files applied.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var have int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	if have > len(files) {
		return fmt.Errorf("it was made by a newer Kinora (version %d, this one knows %d); update Kinora", have, len(files))
	}
	for i, f := range files[have:] {
		text, err := migrations.ReadFile("migrations/" + f.Name())
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("migration %s: %w", f.Name(), err)
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", have+i+1)); err != nil {
			return err
		}
	}
	return tx.Commit()
}
