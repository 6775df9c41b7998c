package ui

import (
	"context"
	"image"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app/history"
	"kinora/app/job"
	"kinora/ui/theme"
	"kinora/ui/widgets"
)

// page is how many entries are read at a time.
const page = 60

// remembered are the jobs that the history shows.
var remembered = []job.State{job.Done, job.Failed, job.Interrupted}

// gallery is the history: what was made, newest first, with a search.
type gallery struct {
	w       *Window
	entries []history.Entry
	more    bool // there may be older ones
	loading bool
	turn    int
	words   string
	stop    func()

	field   *widgets.Entry
	grid    *widgets.Grid
	cell    fyne.Size
	none    *widgets.Text
	thumbs  *thumbs
	compare *widgets.Button
	chosen  []job.ID // for comparing, in order
	picking bool
}

func newGallery(w *Window) *gallery {
	g := &gallery{w: w, cell: widgets.CardSize(126)}
	g.thumbs = &thumbs{w: w, known: map[job.ID]image.Image{}, asked: map[job.ID]bool{}, ready: func() { g.grid.Refresh() }}
	g.field = widgets.NewEntry()
	g.field.SetPlaceHolder(w.say("Search"))
	g.field.SetIcon(fynetheme.SearchIcon())
	g.field.OnShortcut = w.shortcut
	g.field.OnKey = func(k *fyne.KeyEvent) bool {
		if k.Name == fyne.KeyEscape && g.field.Text != "" && !w.covered() {
			g.field.SetText("") // before it means to stop the clip that is being made
			return true
		}
		return w.escape(k)
	}
	g.field.OnChanged = func(s string) {
		if g.stop != nil {
			g.stop()
		}
		g.stop = w.later(120*time.Millisecond, func() { g.search(s) })
	}
	g.none = widgets.NewText("", fynetheme.SizeNameText, theme.Muted)
	g.none.Align, g.none.Whole = fyne.TextAlignCenter, true
	g.grid = widgets.NewGrid(func() int { return len(g.entries) },
		func() fyne.CanvasObject { return widgets.NewCard(&g.cell) },
		func(i int, o fyne.CanvasObject) { g.fill(i, o.(*widgets.Card)) })
	g.grid.OnSelected = func(i int) { // with the keyboard; the mouse taps the cards themselves
		g.grid.Unselect(i)
		if i < len(g.entries) {
			g.tap(g.entries[i], 0)
		}
	}
	g.compare = widgets.NewIcon(theme.Compare.Resource(), w.say("Compare clips: choose two or more"), w.over, g.pick)
	return g
}

func (g *gallery) content() fyne.CanvasObject {
	head := widgets.Fill(6, nil, g.field, g.compare)
	body := container.NewStack(container.New(&cells{g}, g.grid), container.NewCenter(g.none))
	top := container.New(edges{0, 0, 8, 0}, head) // first, so that Tab goes from it to the clips
	return container.NewStack(widgets.NewSurface(theme.Surface, theme.Border),
		widgets.Inset(container.New(layout.NewBorderLayout(top, nil, nil, nil), top, body), 10))
}

// cells makes the cards fill the width there is.
type cells struct{ g *gallery }

// Layout is for the toolkit.
func (c *cells) Layout(o []fyne.CanvasObject, s fyne.Size) {
	pad := c.g.w.app.Settings().Theme().Size(fynetheme.SizeNamePadding)
	n := max(int((s.Width+pad)/(96+pad)), 1)
	width := (s.Width-pad*float32(n-1))/float32(n) - .5
	cell := widgets.CardSize(width)
	changed := cell != c.g.cell
	c.g.cell = cell
	o[0].Resize(s)
	if changed {
		o[0].Refresh()
	}
}

// MinSize is for the toolkit.
func (c *cells) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(120, 120) }

// fill shows entry i on a card.
func (g *gallery) fill(i int, c *widgets.Card) {
	if i >= len(g.entries) {
		return
	}
	e := g.entries[i]
	if e.State == job.Done {
		c.Set(g.thumbs.get(e.ID), fynetheme.MediaVideoIcon(), called(e.Request, e.ImagePath), when(g.w, e.Created))
		c.SetDetailColor(theme.Muted)
	} else {
		c.Set(nil, fynetheme.NewErrorThemedResource(fynetheme.WarningIcon()), called(e.Request, e.ImagePath), g.w.say(map[job.State]string{job.Failed: "Failed", job.Interrupted: "Interrupted"}[e.State]))
		c.SetDetailColor(fynetheme.ColorNameError)
	}
	c.SetSelected(g.marked(e.ID))
	c.OnTapped = func(m fyne.KeyModifier) {
		g.w.Canvas().Unfocus() // keys are for the clip now, not for the prompt
		g.tap(e, m)
	}
	c.OnSecond = func(at fyne.Position) { g.menu(e, at) }
	if i == len(g.entries)-1 && g.more && !g.loading {
		g.load(e.ID)
	}
}

func (g *gallery) marked(id job.ID) bool {
	if g.picking {
		return slices.Contains(g.chosen, id)
	}
	return slices.ContainsFunc(g.w.stage.entries, func(e history.Entry) bool { return e.ID == id })
}

// mark shows anew which cards are chosen.
func (g *gallery) mark() {
	if g != nil {
		g.grid.Refresh()
	}
}

// tap opens a clip, or chooses it for comparing.
func (g *gallery) tap(e history.Entry, m fyne.KeyModifier) {
	if m&(fyne.KeyModifierControl|fyne.KeyModifierShift|fyne.KeyModifierSuper) != 0 && !g.picking {
		g.pick()
		if on := g.w.stage.entry(); on != nil && on.ID != e.ID {
			g.chosen = append(g.chosen, on.ID)
		}
	}
	switch {
	case e.State != job.Done && !g.picking:
		g.w.unfinished(e)
	case !g.picking:
		g.w.stage.open(e)
	case e.State != job.Done:
	case m&fyne.KeyModifierShift != 0 && len(g.chosen) > 0:
		g.chooseTo(e.ID)
	default:
		g.choose(e.ID)
	}
}

// chooseTo chooses all from the one that was chosen last to id, as lists do on Shift.
func (g *gallery) chooseTo(id job.ID) {
	at := func(id job.ID) int {
		return slices.IndexFunc(g.entries, func(e history.Entry) bool { return e.ID == id })
	}
	from, to := at(g.chosen[len(g.chosen)-1]), at(id)
	if from < 0 || to < 0 {
		return
	}
	step := 1
	if to < from {
		step = -1
	}
	for i := from; i != to+step; i += step {
		if e := g.entries[i]; e.State == job.Done && !slices.Contains(g.chosen, e.ID) {
			g.chosen = append(g.chosen, e.ID)
		}
	}
	g.open()
}

func (g *gallery) choose(id job.ID) {
	if i := slices.Index(g.chosen, id); i >= 0 {
		g.chosen = slices.Delete(g.chosen, i, i+1)
	} else {
		g.chosen = append(g.chosen, id)
	}
	g.open()
}

// open shows what is chosen on the stage.
func (g *gallery) open() {
	if len(g.chosen) > 0 {
		var of []history.Entry
		for _, id := range g.chosen {
			if i := slices.IndexFunc(g.entries, func(e history.Entry) bool { return e.ID == id }); i >= 0 {
				of = append(of, g.entries[i])
			}
		}
		g.w.stage.open(of...)
	}
	g.mark()
}

// pick starts choosing clips to compare, or ends it.
func (g *gallery) pick() {
	g.picking = !g.picking
	g.chosen = nil
	g.compare.Importance = widget.LowImportance
	if g.picking {
		g.compare.Importance = widget.HighImportance
		g.w.over.Toast(g.w.say("Tap the clips to compare"), "", nil)
	}
	g.compare.Refresh()
	g.mark()
}

// forget drops clips that were deleted; with the last one that was chosen, choosing ends.
func (g *gallery) forget(ids []job.ID) {
	g.chosen = slices.DeleteFunc(g.chosen, func(id job.ID) bool { return slices.Contains(ids, id) })
	if g.picking && len(g.chosen) == 0 {
		g.pick()
	}
	g.reload()
}

// search shows what matches words.
func (g *gallery) search(words string) {
	g.words = words
	g.load("")
}

// reload reads the same again.
func (g *gallery) reload() { g.load("") }

// load reads a page of entries older than before, or the first one.
func (g *gallery) load(before job.ID) {
	g.turn++
	g.loading = true
	turn, f := g.turn, history.Filter{Search: g.words, States: remembered, Before: before, Limit: page}
	if before == "" {
		f.Limit = max(page, len(g.entries))
	}
	g.w.background(func() func() {
		found, err := g.w.door.History(context.Background(), f)
		return func() {
			if turn != g.turn {
				return
			}
			g.loading = false
			if err != nil {
				g.w.fail(err)
				return
			}
			g.more = len(found) == f.Limit
			if before != "" {
				found = append(g.entries[:len(g.entries):len(g.entries)], found...)
			}
			g.show(found)
		}
	})
}

func (g *gallery) show(found []history.Entry) {
	g.entries = found
	switch {
	case len(found) > 0:
		g.none.SetText("")
	case g.words != "":
		g.none.SetText(g.w.say("Nothing found"))
	default:
		g.none.SetText(g.w.say("No clips yet"))
	}
	g.grid.Refresh()
}

// menu offers what can be done with a clip.
func (g *gallery) menu(e history.Entry, at fyne.Position) {
	w := g.w
	item := func(name string, icon fyne.Resource, do func()) *fyne.MenuItem {
		m := fyne.NewMenuItem(w.say(name), do)
		m.Icon = icon
		return m
	}
	items := []*fyne.MenuItem{
		item("Use settings", theme.Reuse.Resource(), func() { w.use(e) }),
		item("Run again", fynetheme.ViewRefreshIcon(), func() { w.again(orderOf(e)) }),
	}
	if e.State == job.Done {
		items = append(items,
			item("Export…", fynetheme.DocumentSaveIcon(), func() { w.exportDialog(&e) }),
			item("Compare", theme.Compare.Resource(), func() { g.tap(e, fyne.KeyModifierControl) }),
			item("Open folder", fynetheme.FolderOpenIcon(), func() { w.openFolder(folderOf(e)) }))
	}
	items = append(items, fyne.NewMenuItemSeparator(), item("Delete", fynetheme.DeleteIcon(), func() { w.delete(e) }))
	if of := w.stage.entries; g.picking && len(of) > 1 && slices.Contains(g.chosen, e.ID) {
		out := fyne.NewMenuItem(w.say("Export %d clips…", len(of)), w.exportChosen)
		away := fyne.NewMenuItem(w.say("Delete %d clips", len(of)), func() { w.delete(of...) })
		out.Icon, away.Icon = fynetheme.DocumentSaveIcon(), fynetheme.DeleteIcon()
		items = []*fyne.MenuItem{out, fyne.NewMenuItemSeparator(), away}
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), w.Canvas(), at)
}
