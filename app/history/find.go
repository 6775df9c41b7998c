package history

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"kinora/app/job"
	"kinora/inference"
)

// ErrNotFound says that no entry has the ID.
var ErrNotFound = errors.New("no such clip in the history")

func notFound(id job.ID, err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return err
}

// Find returns the entries that pass f, newest first.
func (s *Store) Find(ctx context.Context, f Filter) ([]Entry, error) {
	where, args := []string{"c.deleted IS NULL"}, []any{}
	if f.Deleted {
		where[0] = "c.deleted IS NOT NULL"
	}
	if strings.TrimSpace(f.Search) != "" {
		q := query(f.Search)
		if q == "" {
			return nil, nil // only signs that no text is searched for
		}
		where = append(where, "c.n IN (SELECT docid FROM words WHERE text MATCH ?)")
		args = append(args, q)
	}
	if len(f.States) > 0 {
		list, err := json.Marshal(f.States)
		if err != nil {
			return nil, err
		}
		where = append(where, "c.state IN (SELECT value FROM json_each(?))")
		args = append(args, string(list))
	}
	if f.Model != "" {
		where = append(where, "m.name = ?")
		args = append(args, f.Model)
	}
	if f.Before != "" {
		where = append(where, "c.id < ?")
		args = append(args, f.Before)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	return s.find(ctx, strings.Join(where, " AND ")+" ORDER BY c.id DESC LIMIT ?", append(args, limit)...)
}

// Get returns one entry, deleted or not.
func (s *Store) Get(ctx context.Context, id job.ID) (Entry, error) {
	es, err := s.find(ctx, "c.id = ?", id)
	if err != nil || len(es) == 0 {
		return Entry{}, notFound(id, err)
	}
	return es[0], nil
}

// Thumbnail returns the PNG kept with an entry.
func (s *Store) Thumbnail(ctx context.Context, id job.ID) ([]byte, error) {
	var png []byte
	err := s.db.QueryRowContext(ctx, `SELECT png FROM thumbnails t JOIN clips c ON c.n = t.clip WHERE c.id = ?`, id).Scan(&png)
	if err != nil {
		return nil, notFound(id, err)
	}
	return png, nil
}

const selection = `
	SELECT c.id, c.state, c.request, c.image_path, m.name, m.hash, m.bytes, c.output, c.master, c.error,
		c.created, c.started, c.ended, c.deleted,
		(SELECT json_group_object(stage, ns) FROM timings t WHERE t.clip = c.n)
	FROM clips c JOIN models m ON m.n = c.model WHERE `

func (s *Store) find(ctx context.Context, where string, args ...any) ([]Entry, error) {
	rows, err := s.db.QueryContext(ctx, selection+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Entry
	for rows.Next() {
		var e Entry
		var request, timings string
		var created int64
		var started, ended, deleted sql.NullInt64
		if err := rows.Scan(&e.ID, &e.State, &request, &e.ImagePath, &e.Model.Name, &e.Model.Hash, &e.Model.Bytes,
			&e.Output, &e.Master, &e.Err, &created, &started, &ended, &deleted, &timings); err != nil {
			return nil, err
		}
		e.Timings = map[inference.Stage]time.Duration{}
		if err := errors.Join(json.Unmarshal([]byte(request), &e.Request), json.Unmarshal([]byte(timings), &e.Timings)); err != nil {
			e.Err = "some settings of this clip cannot be read" // no reason to hide it, or the others
		}
		e.Created, e.Started, e.Ended, e.Deleted = time.UnixMilli(created), moment(started), moment(ended), moment(deleted)
		found = append(found, e)
	}
	return found, rows.Err()
}

func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64)
}
