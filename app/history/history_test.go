package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"kinora/app/job"
	"kinora/inference"
)

func openTest(t *testing.T, dir string) *Store {
	t.Helper()
	s, aside, err := Open(t.Context(), dir)
	if err != nil || aside != "" {
		t.Fatalf("open: aside %q, err %v", aside, err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func entry(id, prompt string) Entry {
	ms := time.UnixMilli(1_700_000_000_123)
	return Entry{
		ID: job.ID(id), State: job.Done, Created: ms, Started: ms.Add(time.Second), Ended: ms.Add(time.Minute),
		Request: inference.Request{Model: "starter", Prompt: prompt, Negative: "blur", Width: 256, Height: 192, Frames: 17,
			FPS: 15, Steps: 8, Guidance: 4.5, Sampler: "unipc", Shift: 3, Sigmas: []float64{1, 0.5, 0}, Window: 3, Seed: 1<<64 - 1},
		ImagePath: "/home/x/first.png", Model: ModelID{"starter", "abc", 1 << 40}, Output: "/v/a.mp4", Master: "/v/a.zip",
		Timings: map[inference.Stage]time.Duration{inference.Denoising: 3 * time.Second, inference.Decoding: 5},
	}
}

func TestPutGet(t *testing.T) {
	s := openTest(t, t.TempDir())
	want := entry("a", "a red square")
	if err := s.Put(t.Context(), want, []byte("png")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // putting twice changes nothing
		got, err := s.Get(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if err := s.Put(t.Context(), want, nil); err != nil {
			t.Fatal(err)
		}
	}
	if png, err := s.Thumbnail(t.Context(), "a"); err != nil || string(png) != "png" {
		t.Errorf("thumbnail %q, %v", png, err)
	}
	if _, err := s.Get(t.Context(), "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown ID: %v", err)
	}
	if _, err := s.Thumbnail(t.Context(), "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown thumbnail: %v", err)
	}
}

func TestSearch(t *testing.T) {
	s := openTest(t, t.TempDir())
	prompts := map[string]string{
		"1": "a Shiba Inu in a spacesuit planting potatoes on Mars",
		"2": "一只柴犬穿着宇航服在火星种土豆",
		"3": "Ein roter Würfel dreht sich — café",
		"4": "柴火 fire 🚀 rocket, x2 'quoted\" text",
		"5": "しばいぬ",
	}
	for id, p := range prompts {
		if err := s.Put(t.Context(), entry(id, p), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ search, want string }{
		{"", "5 4 3 2 1"}, {"  ", "5 4 3 2 1"},
		{"shiba", "1"}, {"SHIBA mars", "1"}, {"space", "1"}, {"shiba fire", ""},
		{"宇航", "2"}, {"柴犬", "2"}, {"柴", "4 2"}, {"航宇", ""}, {"宇航服", "2"}, {"柴犬 火星", "2"},
		{"würfel", "3"}, {"wurfel", "3"}, {"cafe", "3"}, {"🚀", "4"}, {"いぬ", "5"},
		{`"`, ""}, {`quoted" OR`, ""}, {"NOT", ""}, {"*", ""}, {"a*", "1"}, {"(", ""}, {"-fire", "4"}, {"text:fire", ""},
		{"starter", "5 4 3 2 1"}, {strings.Repeat("x ", 5000), ""},
	} {
		es, err := s.Find(t.Context(), Filter{Search: c.search})
		if err != nil {
			t.Errorf("%.20q: %v", c.search, err)
		}
		if got := ids(es); got != c.want {
			t.Errorf("search %.20q found %q, want %q", c.search, got, c.want)
		}
	}
}

func ids(es []Entry) string {
	var b []string
	for _, e := range es {
		b = append(b, string(e.ID))
	}
	return strings.Join(b, " ")
}

func TestFilterPagesDelete(t *testing.T) {
	s, ctx := openTest(t, t.TempDir()), t.Context()
	for i := range 10 {
		e := entry(fmt.Sprint(i), "x")
		if i%2 == 1 {
			e.State, e.Request.Model, e.Model.Name = job.Failed, "wan", "wan"
		}
		if err := s.Put(ctx, e, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delete(ctx, "8", time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f    Filter
		want string
	}{
		{Filter{Limit: 3}, "9 7 6"}, {Filter{Limit: 3, Before: "6"}, "5 4 3"}, {Filter{Before: "0"}, ""},
		{Filter{States: []job.State{job.Failed}}, "9 7 5 3 1"}, {Filter{Model: "starter", Search: "x"}, "6 4 2 0"},
		{Filter{Deleted: true}, "8"},
	} {
		if es, err := s.Find(ctx, c.f); err != nil || ids(es) != c.want {
			t.Errorf("%+v: %q, %v; want %q", c.f, ids(es), err, c.want)
		}
	}
	if err := s.Restore(ctx, "8"); err != nil {
		t.Fatal(err)
	}
	if es, _ := s.Find(ctx, Filter{Limit: 2}); ids(es) != "9 8" {
		t.Errorf("after restore: %q", ids(es))
	}
	if err := s.Delete(ctx, "none", time.Now()); !errors.Is(err, ErrNotFound) {
		t.Errorf("delete of nothing: %v", err)
	}
	if err := s.Forget(ctx, "8"); err != nil {
		t.Fatal(err)
	}
	var left int
	if s.db.QueryRow(`SELECT (SELECT count(*) FROM words) + (SELECT count(*) FROM clips)`).Scan(&left); left != 18 {
		t.Errorf("%d rows are left, want 9 clips and 9 of their words", left)
	}
	known, err := s.Known(ctx, []job.ID{"8", "1"})
	if err != nil || known["8"] || !known["1"] {
		t.Errorf("known: %v, %v", known, err)
	}
}

func TestSchemaGolden(t *testing.T) {
	s := openTest(t, t.TempDir())
	rows, err := s.db.Query(`SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'words_%' ORDER BY rowid`)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		var sql string
		rows.Scan(&sql)
		b.WriteString(sql + ";\n\n")
	}
	golden := filepath.Join("testdata", "schema.sql")
	if os.Getenv("UPDATE") != "" {
		os.WriteFile(golden, []byte(b.String()), 0o644)
	}
	want, _ := os.ReadFile(golden)
	if b.String() != string(want) {
		t.Errorf("the schema is not that of %s; if it is meant to change, add a migration and run with UPDATE=1:\n%s", golden, b.String())
	}
}

func TestDamagedIsMovedAside(t *testing.T) {
	for name, spoil := range map[string]func([]byte) []byte{
		"not a database": func([]byte) []byte { return []byte(strings.Repeat("hello, world ", 1000)) },
		"overwritten":    func(b []byte) []byte { copy(b[4096:], strings.Repeat("\xff", 30000)); return b },
		"cut":            func(b []byte) []byte { return b[:len(b)/2] },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, _, err := Open(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 50 {
				s.Put(t.Context(), entry(fmt.Sprint(i), strings.Repeat("word ", 100)), make([]byte, 3000))
			}
			s.Close()
			path := filepath.Join(dir, "history.db")
			b, _ := os.ReadFile(path)
			os.WriteFile(path, spoil(b), 0o644)

			s, aside, err := Open(t.Context(), dir)
			if err != nil || aside == "" {
				t.Fatalf("open: aside %q, err %v", aside, err)
			}
			defer s.Close()
			if _, err := os.Stat(aside); err != nil {
				t.Error(err)
			}
			if es, err := s.Find(t.Context(), Filter{}); err != nil || len(es) != 0 {
				t.Errorf("the new history has %d entries, %v", len(es), err)
			}
		})
	}
}

func TestHostileRows(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	for _, id := range []string{"1", "2"} {
		if err := s.Put(t.Context(), entry(id, "x"), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.db.Exec(`UPDATE clips SET request = '{"prompt": "y", "width": "wide"}' WHERE id = '1'`); err != nil {
		t.Fatal(err)
	}
	if es, err := s.Find(t.Context(), Filter{}); err != nil || ids(es) != "2 1" || es[1].Err == "" {
		t.Errorf("%v %v", es, err)
	}
	if _, err := s.db.Exec(`DROP TABLE thumbnails; CREATE TABLE thumbnails (a, b)`); err != nil {
		t.Fatal(err)
	}
	s.Close()
	again, aside, err := Open(t.Context(), dir)
	if err != nil || aside == "" {
		t.Fatalf("other tables were taken for ours: %q, %v", aside, err)
	}
	again.Close()
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, _, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	s.db.Exec("PRAGMA user_version = 99")
	s.Close()
	if _, aside, err := Open(t.Context(), dir); err == nil || aside != "" || !strings.Contains(err.Error(), "newer Kinora") {
		t.Errorf("aside %q, err %v", aside, err)
	}
}

func TestSharedByTwo(t *testing.T) {
	dir := t.TempDir()
	a, b := openTest(t, dir), openTest(t, dir)
	var wg sync.WaitGroup
	for i, s := range []*Store{a, b} {
		wg.Go(func() {
			for k := range 50 {
				if err := s.Put(t.Context(), entry(fmt.Sprintf("%d-%d", i, k), "both"), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if es, err := a.Find(t.Context(), Filter{Search: "both", Limit: 1000}); err != nil || len(es) != 100 {
		t.Errorf("%d entries, %v", len(es), err)
	}
}

func TestOrphans(t *testing.T) {
	dir := t.TempDir()
	dead, _, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	other, mine := openTest(t, dir), openTest(t, dir)
	for id, s := range map[string]*Store{"dead": dead, "other": other, "mine": mine} {
		e := entry(id, "x")
		e.State = job.Running
		if err := s.Put(t.Context(), e, nil); err != nil {
			t.Fatal(err)
		}
	}
	dead.Close() // lets go of its lock, as the death of a process does
	es, err := mine.Orphans(t.Context())
	if err != nil || ids(es) != "dead" {
		t.Errorf("orphans %q, %v", ids(es), err)
	}
}

func TestUnwritableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o644)
	if _, _, err := Open(context.Background(), file); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"", "宇航", `"`, "a* OR NOT (", "🚀\x00\xff", "NEAR/2", "é́́"} {
		f.Add(s)
	}
	s, _, err := Open(context.Background(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	defer s.Close()
	f.Fuzz(func(t *testing.T, search string) {
		if _, err := s.Find(context.Background(), Filter{Search: search}); err != nil {
			t.Errorf("%q: %v", search, err)
		}
	})
}
