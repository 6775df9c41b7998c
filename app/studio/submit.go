package studio

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kinora/app/disk"
	"kinora/app/export"
	"kinora/app/job"
	"kinora/inference"
)

// maxPrompt is what a prompt may have in bytes; the longest models read 512 words.
const maxPrompt = 100 << 10

// Check completes a request and says what is wrong with it (err) and what will
// not turn out as written (notes).
func (s *Studio) Check(r inference.Request) (inference.Request, []string, error) {
	e, release, err := s.hold()
	if err != nil {
		return r, nil, err
	}
	defer release()
	r = s.fill(r)
	var notes []string
	for _, p := range []struct {
		text *string
		name string
	}{{&r.Prompt, "prompt"}, {&r.Negative, "negative prompt"}} {
		clean, changed, err := cleanText(*p.text, p.name)
		if err != nil {
			return r, nil, err
		}
		if *p.text = clean; changed {
			notes = append(notes, fmt.Sprintf("Control characters in the %s are left out.", p.name))
		}
	}
	full, more, err := e.Check(r)
	return full, append(notes, more...), because(e, r.Model, err)
}

// fill puts the configuration in where a request is silent.
func (s *Studio) fill(r inference.Request) inference.Request {
	c := s.configuration().Over(inference.Request{})
	for _, p := range [][2]*int{{&r.Steps, &c.Steps}, {&r.Width, &c.Width}, {&r.Height, &c.Height}, {&r.Frames, &c.Frames}} {
		if *p[0] == 0 {
			*p[0] = *p[1]
		}
	}
	if r.Model == "" {
		r.Model = c.Model
	}
	return r
}

func cleanText(text, name string) (clean string, changed bool, err error) {
	if len(text) > maxPrompt {
		return text, false, fmt.Errorf("%w: the %s has %d kB; at most %d kB are read, so shorten it", inference.ErrInvalid, name, (len(text)+1023)>>10, maxPrompt>>10)
	}
	if !utf8.ValidString(text) {
		return text, false, fmt.Errorf("%w: the %s is not valid UTF-8 text; save it as UTF-8", inference.ErrInvalid, name)
	}
	clean = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return ' '
		}
		return r
	}, text)
	return clean, clean != text, nil
}

// Submit queues an order.
func (s *Studio) Submit(o Order) (job.ID, error) {
	if o.Image == nil && o.ImagePath != "" {
		p, err := s.LoadImage(o.ImagePath)
		if err != nil {
			return "", err
		}
		o.Image = p
	}
	r, _, err := s.Check(o.Request)
	if err != nil {
		return "", err
	}
	now := s.moment()
	j := job.Job{ID: job.NewID(now), Request: r, ImagePath: o.ImagePath, Anew: o.Anew, Created: now}
	if s.history != nil {
		j.HistoryID = j.ID
		// A folder that cannot be written in is better known now than at the end.
		if err := disk.Probe(s.disk, filepath.Join(s.Folder(), frames, string(j.ID)+export.Master.Ext)); err != nil {
			return "", err
		}
	}
	if err := s.queue.Submit(j); err != nil {
		return "", err
	}
	return j.ID, nil
}

// Cancel stops a job, running or not.
func (s *Studio) Cancel(id job.ID) { s.queue.Cancel(id) }

// Jobs lists the jobs of this run of the program, oldest first.
func (s *Studio) Jobs() []job.Job { return s.queue.Jobs() }

// Watch calls f on every change of a job, in order, never two at once, from a
// goroutine of its own. Progress is coalesced, changes of state are not.
func (s *Studio) Watch(f func(job.Job)) (stop func()) { return s.queue.Watch(f) }

// errForget is what those methods return that need a history.
var errForget = errors.New("there is no history in this run")

// moment is now, but a millisecond later for each clip than for the one before: IDs
// count those, and the history shows clips ordered together as they were ordered.
func (s *Studio) moment() time.Time {
	s.lastMoment.Lock()
	defer s.lastMoment.Unlock()
	now := time.Now().Truncate(time.Millisecond)
	if earliest := s.lastMoment.at.Add(time.Millisecond); now.Before(earliest) && earliest.Sub(now) < time.Minute {
		now = earliest
	}
	s.lastMoment.at = now
	return now
}
