package studio

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kinora/app/disk"
	"kinora/app/export"
	"kinora/app/history"
	"kinora/app/job"
	"kinora/app/studio/studiotest"
	"kinora/inference"
)

// A faulty disk fails from its nth operation on, or at that one only.
type faulty struct {
	disk.OS
	mu   sync.Mutex
	n    int // operations until the failure; 0: never
	with error
	once bool
}

func (f *faulty) step() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.with == nil {
		return nil
	}
	f.n--
	if f.n == 0 || f.n < 0 && !f.once {
		return &os.PathError{Op: "write", Path: "?", Err: f.with}
	}
	return nil
}

// set arranges the next failure and returns whether the last one took place.
func (f *faulty) set(n int, with error, once bool) (struck bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	struck = f.n <= 0
	f.n, f.with, f.once = n, with, once
	return struck
}

func (f *faulty) Create(name string) (disk.File, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	file, err := f.OS.Create(name)
	return &faultyFile{file, f}, err
}

func (f *faulty) MkdirAll(dir string) error { return errors.Join(f.step(), f.OS.MkdirAll(dir)) }
func (f *faulty) SyncDir(dir string) error  { return errors.Join(f.step(), f.OS.SyncDir(dir)) }

func (f *faulty) Rename(from, to string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.OS.Rename(from, to)
}

type faultyFile struct {
	disk.File
	f *faulty
}

func (f *faultyFile) Write(b []byte) (int, error) {
	if err := f.f.step(); err != nil {
		n, _ := f.File.Write(b[:len(b)/2]) // a disk that fills up takes a part
		return n, err
	}
	return f.File.Write(b)
}

func (f *faultyFile) Sync() error { return errors.Join(f.f.step(), f.File.Sync()) }

// TestEveryWriteFails lets each operation on the disk fail in turn.
func TestEveryWriteFails(t *testing.T) {
	for every, fault := range map[int]error{1: syscall.ENOSPC, 3: syscall.EACCES} {
		d := &faulty{}
		o := options(t.TempDir(), &studiotest.Engine{})
		o.Disk = d
		s := openTest(t, o)
		whole := 0
		for n := 1; ; n += every {
			d.set(n, fault, n%2 == 0)
			before := len(visible(s))
			ended := make(chan job.Job, 1)
			stop := s.Watch(func(j job.Job) {
				if j.State.Ended() {
					ended <- j
				}
			})
			id, err := s.Submit(Order{Request: studiotest.Request("x")})
			var j job.Job
			if err == nil {
				j = <-ended
				err = j.Cause
			}
			stop()
			struck := d.set(0, nil, false)
			if err == nil {
				if j.State != job.Done {
					t.Fatalf("operation %d: %s without a cause", n, j.State)
				}
				whole++
				if !struck {
					break
				}
				continue // what failed did not matter, such as a removal
			}
			if e := (*disk.Error)(nil); !errors.As(err, &e) || !errors.Is(err, fault) {
				t.Errorf("operation %d: %v", n, err)
			}
			if after := visible(s); len(after) != before {
				t.Errorf("operation %d left %v", n, after[before:])
			}
			if j.State == job.Failed { // the clip is made: it can be saved elsewhere
				if err := s.Export(t.Context(), id, filepath.Join(t.TempDir(), "a.gif"), ""); err != nil {
					t.Errorf("operation %d: the clip is lost: %v", n, err)
				}
			}
			if n > 500 {
				t.Fatal("it never ends")
			}
		}
		es, err := s.History(t.Context(), history.Filter{States: []job.State{job.Done}, Limit: 1000})
		if err != nil || len(es) != whole {
			t.Errorf("%d finished clips in the history, want %d; %v", len(es), whole, err)
		}
	}
}

func TestWordsForAFullDisk(t *testing.T) {
	d := &faulty{}
	d.set(1, syscall.ENOSPC, false)
	err := disk.WriteFile(d, filepath.Join(t.TempDir(), "a"), []byte("x"))
	if err == nil || !strings.Contains(err.Error(), "the disk is full; free some space") {
		t.Error(err)
	}
}

const childHome = "KINORA_TEST_CHILD"

func TestMain(m *testing.M) {
	if home := os.Getenv(childHome); home != "" {
		child(home)
	}
	os.Exit(m.Run())
}

// child makes clips until it is killed, and says which are done.
func child(home string) {
	s, err := Open(context.Background(), options(home, &studiotest.Engine{}))
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	next := make(chan bool, 1)
	s.Watch(func(j job.Job) {
		if j.State == job.Done {
			fmt.Println("done", j.ID)
			next <- true
		}
	})
	for next <- true; ; {
		<-next
		if _, err := s.Submit(Order{Request: studiotest.Request("x")}); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
}

// TestKilledAtAnyMoment kills a process that makes clips, again and again, and
// looks at what it leaves.
func TestKilledAtAnyMoment(t *testing.T) {
	home := t.TempDir()
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	said := map[job.ID]bool{}
	for range rounds {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), childHome+"="+home)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		c.Stderr = &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		first, err := lines.ReadString('\n') // it is at work
		if err != nil {
			t.Fatalf("%v: %s %s", err, first, errs.String())
		}
		time.Sleep(time.Duration(rand.IntN(60_000)) * time.Microsecond)
		c.Process.Kill()
		rest, _ := io.ReadAll(lines)
		c.Wait()
		for _, line := range strings.Split(first+string(rest), "\n") {
			if id, ok := strings.CutPrefix(line, "done "); ok && len(id) > 20 {
				said[job.ID(strings.TrimSpace(id))] = true
			} else if strings.HasPrefix(line, "error") {
				t.Fatal(line)
			}
		}
		files, _ := filepath.Glob(filepath.Join(home, "clips", "*.mp4"))
		masters, _ := filepath.Glob(filepath.Join(home, "clips", frames, "*.zip"))
		for _, f := range append(files, masters...) {
			if _, err := export.Read(f); err != nil {
				t.Errorf("half a file is visible: %v", err)
			}
		}
	}

	s := openTest(t, options(home, &studiotest.Engine{}))
	all, err := s.History(t.Context(), history.Filter{Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	done := map[job.ID]bool{}
	for _, e := range all {
		switch e.State {
		case job.Done:
			done[e.ID] = true
			if c, err := s.Clip(t.Context(), e.ID); err != nil || len(c.Frames) != 5 {
				t.Errorf("%s does not play: %v", e.ID, err)
			}
			if _, err := os.Stat(e.Output); err != nil {
				t.Error(err)
			}
		case job.Interrupted:
		default:
			t.Errorf("%s is %s", e.ID, e.State)
		}
	}
	for id := range said {
		if !done[id] {
			t.Errorf("the finished clip %s is lost", id)
		}
	}
	known := map[string]bool{}
	for _, f := range visible(s) {
		if strings.HasSuffix(f, disk.Part) {
			t.Errorf("left behind: %s", f)
		}
		id, _ := idOf(filepath.Base(f))
		known[string(id)] = true
		if !done[id] {
			t.Errorf("%s has no entry", f)
		}
	}
	t.Logf("%d rounds, %d clips, %d said to be done, %d in the history", rounds, len(known), len(said), len(done))
}

func TestLostHistoryIsReadFromTheClips(t *testing.T) {
	home := t.TempDir()
	s := openTest(t, options(home, &studiotest.Engine{}))
	var ids []job.ID
	for range 3 {
		ids = append(ids, wait(t, s, Order{Request: studiotest.Request("柴犬")}).ID)
	}
	first, _ := s.Entry(t.Context(), ids[0])
	second, _ := s.Entry(t.Context(), ids[1])
	s.Close()
	os.Remove(first.Output)  // is made anew from the footage
	os.Remove(second.Master) // is found by the video alone
	os.WriteFile(filepath.Join(home, "clips", "someone else's.mp4"+disk.Part), []byte("x"), 0o644)
	db := filepath.Join(home, "data", "history.db")
	if err := os.WriteFile(db, bytes.Repeat([]byte("garbage "), 4096), 0o644); err != nil {
		t.Fatal(err)
	}
	again := openTest(t, options(home, &studiotest.Engine{}))
	told := make(chan Event, 10)
	again.Listen(func(e Event) { told <- e })
	if e := <-told; !strings.Contains(e.Text, "damaged") || !strings.Contains(e.Text, "3 clips") {
		t.Errorf("told: %+v", e)
	}
	es, err := again.History(t.Context(), history.Filter{Search: "柴犬"})
	if err != nil || len(es) != 3 {
		t.Fatalf("%d clips, %v", len(es), err)
	}
	for _, e := range es {
		if _, err := os.Stat(e.Output); err != nil || e.Request.Seed != 7 || e.State != job.Done {
			t.Errorf("%+v, %v", e, err)
		}
	}
	if _, err := os.Stat(filepath.Join(home, "clips", "someone else's.mp4"+disk.Part)); err != nil {
		t.Error("a file that is not ours was removed")
	}
}

func TestPurge(t *testing.T) {
	s := openTest(t, options(t.TempDir(), &studiotest.Engine{}))
	j := wait(t, s, Order{Request: studiotest.Request("x")})
	precious := filepath.Join(t.TempDir(), "precious.mp4")
	os.WriteFile(precious, nil, 0o644)
	hostile := history.Entry{ID: "x", State: job.Done, Output: precious, Created: time.Now()}
	if err := s.history.Put(t.Context(), hostile, nil); err != nil {
		t.Fatal(err)
	}
	s.history.Delete(t.Context(), "x", time.Now().Add(-2*keepDeleted))
	defer func() {
		if _, err := os.Stat(precious); err != nil {
			t.Error("a file that is not a clip was removed")
		}
	}()
	s.history.Delete(t.Context(), j.ID, time.Now().Add(-keepDeleted/2))
	if _, err := s.recover(t.Context()); err != nil || len(visible(s)) != 2 {
		t.Fatalf("%v: too early, left %v", err, visible(s))
	}
	s.history.Delete(t.Context(), j.ID, time.Now().Add(-2*keepDeleted))
	if _, err := s.recover(t.Context()); err != nil || len(visible(s)) != 0 {
		t.Errorf("%v: left %v", err, visible(s))
	}
	if err := s.Restore(t.Context(), j.ID); !errors.Is(err, history.ErrNotFound) {
		t.Errorf("restored what is gone: %v", err)
	}
}

// The disk had room for the clip and none for the history: the clip is there.
func TestClipThatTheHistoryMissed(t *testing.T) {
	s := openTest(t, options(t.TempDir(), &studiotest.Engine{}))
	j := wait(t, s, Order{Request: inference.Request{Prompt: "a cat"}})
	e, err := s.Entry(t.Context(), j.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := e.Output
	e.State, e.Output, e.Master = job.Running, "", ""
	if err := s.history.Put(t.Context(), e, nil); err != nil {
		t.Fatal(err)
	}
	if e, err = s.Entry(t.Context(), j.ID); err != nil || e.Output != want || e.State != job.Done {
		t.Errorf("%v %+v", err, e)
	}
	if err := s.Export(t.Context(), j.ID, filepath.Join(t.TempDir(), "a.gif"), ""); err != nil {
		t.Error(err)
	}
	os.Remove(want)
	if _, err = s.Entry(t.Context(), j.ID); err == nil {
		t.Error("a clip without a file is called finished")
	}
}
