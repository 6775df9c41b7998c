package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kinora/app/disk"
	"kinora/app/job"
)

// Put writes an entry, replacing the one with its ID. thumb may be nil: then the
// thumbnail that is there stays.
func (s *Store) Put(ctx context.Context, e Entry, thumb []byte) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := s.put(ctx, tx, e, thumb); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *Store) put(ctx context.Context, tx *sql.Tx, e Entry, thumb []byte) error {
	request, err := json.Marshal(e.Request)
	if err != nil {
		return err
	}
	var model, n int64
	if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO models (name, hash, bytes) VALUES (?, ?, ?)`,
		e.Model.Name, e.Model.Hash, e.Model.Bytes); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, `SELECT n FROM models WHERE name = ? AND hash = ? AND bytes = ?`,
		e.Model.Name, e.Model.Hash, e.Model.Bytes).Scan(&model); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, `
		INSERT INTO clips (id, state, owner, request, image_path, model, output, master, error, created, started, ended, deleted)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, owner = excluded.owner, request = excluded.request,
			image_path = excluded.image_path, model = excluded.model, output = excluded.output, master = excluded.master,
			error = excluded.error, started = excluded.started, ended = excluded.ended, deleted = excluded.deleted
		RETURNING n`,
		e.ID, e.State, s.owner, string(request), e.ImagePath, model, e.Output, e.Master, e.Err,
		e.Created.UnixMilli(), stamp(e.Started), stamp(e.Ended), stamp(e.Deleted)).Scan(&n); err != nil {
		return err
	}
	for stage, d := range e.Timings {
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO timings (clip, stage, ns) VALUES (?, ?, ?)`, n, stage, int64(d)); err != nil {
			return err
		}
	}
	if thumb != nil {
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO thumbnails (clip, png) VALUES (?, ?)`, n, thumb); err != nil {
			return err
		}
	}
	text := strings.Join(words(e.Request.Prompt+" "+e.Model.Name), " ")
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO words (docid, text) VALUES (?, ?)`, n, text)
	return err
}

// Delete marks an entry as deleted; Restore takes that back.
func (s *Store) Delete(ctx context.Context, id job.ID, at time.Time) error {
	return s.mark(ctx, id, at.UnixMilli())
}

// Restore brings a deleted entry back.
func (s *Store) Restore(ctx context.Context, id job.ID) error { return s.mark(ctx, id, nil) }

func (s *Store) mark(ctx context.Context, id job.ID, deleted any) error {
	r, err := s.db.ExecContext(ctx, `UPDATE clips SET deleted = ? WHERE id = ?`, deleted, id)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return notFound(id, err)
	}
	return nil
}

// Forget removes an entry for good. Its files are the caller's to remove first.
func (s *Store) Forget(ctx context.Context, id job.ID) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM clips WHERE id = ?`, id)
	return err
}

// Orphans lists the entries whose process died before they ended.
func (s *Store) Orphans(ctx context.Context) ([]Entry, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT DISTINCT owner FROM clips WHERE state IN ('queued', 'running')`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var dead []string
	for rows.Next() {
		var owner string
		if err := rows.Scan(&owner); err != nil {
			return nil, err
		}
		if owner != s.owner && !disk.Held(filepath.Join(s.dir, "running", filepath.Base(owner))) {
			dead = append(dead, owner)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	s.sweep()
	if len(dead) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(dead)
	if err != nil {
		return nil, err
	}
	return s.find(ctx, `c.state IN ('queued', 'running') AND c.owner IN (SELECT value FROM json_each(?))`, string(list))
}

// sweep removes the lock files of dead processes.
func (s *Store) sweep() {
	files, _ := os.ReadDir(filepath.Join(s.dir, "running"))
	for _, f := range files {
		path := filepath.Join(s.dir, "running", f.Name())
		if i, err := f.Info(); err == nil && time.Since(i.ModTime()) > time.Minute && f.Name() != s.owner && !disk.Held(path) {
			os.Remove(path)
		}
	}
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// Known returns which of ids have an entry, deleted or not.
func (s *Store) Known(ctx context.Context, ids []job.ID) (map[job.ID]bool, error) {
	known := make(map[job.ID]bool, len(ids))
	for part := range slices.Chunk(ids, 500) {
		list, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		rows, err := s.db.QueryContext(ctx, `SELECT id FROM clips WHERE id IN (SELECT value FROM json_each(?))`, string(list))
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var id job.ID
			if err := rows.Scan(&id); err != nil {
				rows.Close()
				return nil, err
			}
			known[id] = true
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	return known, nil
}
