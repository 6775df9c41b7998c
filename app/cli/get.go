package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"kinora/app/disk"
	"kinora/app/fetch"
	"kinora/app/fetch/catalogue"
	"kinora/app/studio"
)

// get fetches model files, or lists those that can be had.
func get(ctx context.Context, e Env, c *command, args []string) (err error) {
	var to, part string
	var asJSON bool
	_, names, err := parse(e, c, func(f *flag.FlagSet) {
		f.StringVar(&part, "part", "", "only files that are this part of a model: "+strings.Join(catalogue.Parts(), ", "))
		f.StringVar(&to, "to", "", "the folder they go into; by itself the folder of models")
		f.BoolVar(&asJSON, "json", false, "print one JSON object for each event, or the list as JSON")
	}, args)
	if err != nil {
		return err
	}
	s, err := e.open(ctx, studio.Options{Forget: true})
	if err != nil {
		return err
	}
	defer s.Close()
	defer e.warn(s)()
	if part != "" && !slices.Contains(catalogue.Parts(), part) {
		return usage("there is no part %q; there are %s", part, strings.Join(catalogue.Parts(), ", "))
	}
	other := func(o studio.Offer) bool { return part != "" && string(o.Part) != part }
	if len(names) == 0 {
		return e.offers(s, absolute(to), other, asJSON)
	}
	show := &getting{e: e, json: asJSON}
	defer func() {
		show.clear()
		if err != nil && asJSON {
			e.emit(event{Event: ended(err), Name: show.o.Name, Bytes: show.p.Bytes, Total: show.p.Total, Error: sentence(err), Code: Code(err)})
			err = &reported{err}
		}
	}()
	list, err := s.Select(absolute(to), names...)
	if err != nil {
		return usage("%s; kinora get lists what there is", sentence(err))
	}
	if list = slices.DeleteFunc(list, other); len(list) == 0 {
		return usage("%s holds no %s", strings.Join(names, ", "), part)
	}
	if lacking := s.Room(list); lacking > 0 {
		return &disk.Error{Path: list[0].To, Err: fmt.Errorf("%s more would have to be free there; free some space or choose another folder", amount(lacking))}
	}
	for _, o := range list {
		if err := show.fetch(ctx, s, o); err != nil {
			return err
		}
	}
	return nil
}

// offers prints what can be fetched.
func (e Env) offers(s *studio.Studio, folder string, other func(studio.Offer) bool, asJSON bool) error {
	list, sets, err := s.Offers(folder)
	if err != nil && len(list) == 0 {
		return err
	}
	if slices.ContainsFunc(list, other) {
		list, sets = slices.DeleteFunc(list, other), nil // a set holds several parts
	}
	if asJSON {
		if e := printJSON(e, struct {
			Files []studio.Offer  `json:"files"`
			Sets  []catalogue.Set `json:"sets"`
		}{list, sets}); e != nil {
			return e
		}
		return err
	}
	t := tabwriter.NewWriter(e.Out, 0, 0, 2, ' ', 0)
	sizes := map[string]int64{}
	for _, o := range list {
		sizes[o.Name] = o.Size
		state := ""
		switch {
		case o.There:
			state = "  (there)"
		case o.Kept > 0:
			state = fmt.Sprintf("  (%.0f %% fetched)", math.Floor(100*float64(o.Kept)/float64(o.Size)))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s%s\n", o.Name, amount(o.Size), o.Licence, o.Title, o.Repository, state)
	}
	for _, set := range sets {
		var all int64
		for _, f := range set.Files {
			all += sizes[f]
		}
		fmt.Fprintf(t, "%s\t%s\t\t%s\n", set.Name, amount(all), strings.Join(set.Files, " + "))
	}
	if e := t.Flush(); e != nil {
		return e
	}
	return err
}

// A getting shows how far a file is.
type getting struct {
	e    Env
	json bool
	bar  bool
	last time.Time
	o    studio.Offer
	p    fetch.Progress
}

func (g *getting) fetch(ctx context.Context, s *studio.Studio, o studio.Offer) error {
	since := time.Now()
	g.o, g.p = o, fetch.Progress{Bytes: o.Kept, Total: o.Size}
	switch {
	case g.json:
		g.e.emit(event{Event: "begin", Name: o.Name, Text: o.From, Output: o.To, Bytes: o.Kept, Total: o.Size})
	case !o.There:
		text := fmt.Sprintf("%s: %s, %s, from %s", o.Name, amount(o.Size), o.Licence, o.From)
		if o.Kept > 0 {
			text += fmt.Sprintf("; %s are there already", amount(o.Kept))
		}
		fmt.Fprintln(g.e.Err, text)
	}
	err := s.Fetch(ctx, o, g.at)
	g.clear()
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		if kept := fetch.Kept(o.To); kept > 0 {
			return &plain{fmt.Sprintf("stopped; %s of %s are kept, and the same command goes on from there", amount(kept), amount(o.Size)), err}
		}
		return &plain{"stopped; nothing was fetched yet", err}
	case err != nil:
		return err
	case g.json:
		g.e.emit(event{Event: "done", Name: o.Name, Output: o.To, Bytes: o.Size, Total: o.Size, Seconds: seconds(time.Since(since))})
		return nil
	}
	_, err = fmt.Fprintln(g.e.Out, o.To)
	return err
}

// at is told from one goroutine at a time.
func (g *getting) at(p fetch.Progress) {
	whole := p.Bytes == p.Total
	if now := time.Now(); now.Sub(g.last) < 100*time.Millisecond && !whole {
		return
	} else {
		g.last, g.p = now, p
	}
	share := float64(p.Bytes) / float64(max(1, p.Total))
	switch width := g.e.Columns(); {
	case g.json:
		share = math.Floor(share*1e4) / 1e4
		g.e.emit(event{Event: "progress", Name: g.o.Name, Text: p.Stage, Done: &share, Bytes: p.Bytes, Total: p.Total, Rate: math.Round(p.Rate), ETA: seconds(p.ETA)})
	case width > 0:
		text := fmt.Sprintf(" %3.0f %%  %s of %s", math.Floor(100*share), strings.Replace(amount(p.Bytes), "-", "0 kB", 1), amount(p.Total))
		if p.Rate > 0 {
			text += fmt.Sprintf("  %s/s  %s left", amount(int64(p.Rate)), short(p.ETA))
		}
		room := max(4, min(40, width-len(text)-12))
		full := int(share * float64(room))
		line := fmt.Sprintf("%-9s %s%s%s", p.Stage, strings.Repeat("█", full), strings.Repeat("░", room-full), text)
		if r := []rune(line); len(r) >= width {
			line = string(r[:width-1])
		}
		fmt.Fprintf(g.e.Err, "\r%s\x1b[K", line)
		g.bar = true
	}
}

func (g *getting) clear() {
	if g.bar {
		fmt.Fprint(g.e.Err, "\r\x1b[K")
		g.bar = false
	}
}
