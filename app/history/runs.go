package history

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"kinora/app/job"
	"kinora/inference"
)

// A Run is what a clip took, beside what its entry says.
type Run struct {
	Entry   Entry
	Machine string
	Weights string // fingerprint of the model's files
	Work    map[inference.Stage]float64
	Keeping time.Duration
	Bytes   int64
	// Output and Master are marks of the files as they were written.
	Output, Master string
}

// PutRun remembers what the clip of r.Entry took; the clip must be there.
func (s *Store) PutRun(ctx context.Context, r Run) error {
	work, err := json.Marshal(r.Work)
	if err != nil {
		return err
	}
	res, err := s.db.ExecContext(ctx, `
		INSERT OR REPLACE INTO runs (clip, machine, weights, work, keeping, bytes, output, master)
		SELECT n, ?, ?, ?, ?, ?, ?, ? FROM clips WHERE id = ?`,
		r.Machine, r.Weights, string(work), int64(r.Keeping), r.Bytes, r.Output, r.Master, r.Entry.ID)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return notFound(r.Entry.ID, err)
	}
	return nil
}

// Runs lists what clips of a model took on a machine, newest first, deleted ones
// too: they took it all the same.
func (s *Store) Runs(ctx context.Context, machine, model string, limit int) ([]Run, error) {
	return s.runs(ctx, `r.machine = ? AND m.name = ? AND c.state = 'done' ORDER BY c.id DESC LIMIT ?`, machine, model, limit)
}

// Same lists the clips that a request and weights gave, newest first.
func (s *Store) Same(ctx context.Context, r inference.Request, imagePath, weights string) ([]Run, error) {
	request, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return s.runs(ctx, `c.request = ? AND c.image_path = ? AND r.weights = ? AND c.state = 'done' AND c.deleted IS NULL
		ORDER BY c.id DESC LIMIT 20`, string(request), imagePath, weights)
}

func (s *Store) runs(ctx context.Context, where string, args ...any) ([]Run, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT c.id, r.machine, r.weights, r.work, r.keeping, r.bytes, r.output, r.master
		FROM runs r JOIN clips c ON c.n = r.clip JOIN models m ON m.n = c.model WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Run
	var ids []job.ID
	for rows.Next() {
		var r Run
		var work string
		if err := rows.Scan(&r.Entry.ID, &r.Machine, &r.Weights, &work, &r.Keeping, &r.Bytes, &r.Output, &r.Master); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(work), &r.Work); err != nil {
			continue // one row less to learn from
		}
		list, ids = append(list, r), append(ids, r.Entry.ID)
	}
	if err := rows.Err(); err != nil || len(ids) == 0 {
		return nil, err
	}
	all, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	es, err := s.find(ctx, "c.id IN (SELECT value FROM json_each(?))", string(all))
	byID := map[job.ID]Entry{}
	for _, e := range es {
		byID[e.ID] = e
	}
	for i := range list {
		list[i].Entry = byID[list[i].Entry.ID]
	}
	return list, errors.Join(err, rows.Close())
}
