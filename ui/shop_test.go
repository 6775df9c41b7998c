package ui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"kinora/app/fetch"
	"kinora/app/fetch/catalogue"
	"kinora/app/studio"
)

func offers() []studio.Offer {
	offer := func(name string, part catalogue.Part, size int64, title string) studio.Offer {
		return studio.Offer{Entry: catalogue.Entry{Name: name, Part: part, Size: size, Title: title, Licence: "Apache-2.0", Repository: "Comfy-Org/Wan"}}
	}
	return []studio.Offer{
		offer("dit", catalogue.Denoiser, 10e9, "Wan2.2 TI2V-5B, 16 bits"),
		offer("t5", catalogue.Text, 6.7e9, "UMT5-XXL text encoder, 8 bits"),
		offer("vae", catalogue.VAE, 1.4e9, "Wan2.2 VAE, 16 bits"),
	}
}

// market is a window over a studio that has things to fetch, with the list open.
func market(t *testing.T, lacks ...studio.Lack) (*rig, *fake) {
	f := newFake()
	f.offers, f.lacks, f.fetches = offers(), lacks, make(chan fetching, 10)
	r := newRig(t, f)
	r.shop.open()
	r.settle()
	return r, f
}

// until waits for what other goroutines bring about.
func (r *rig) until(what string, is func() bool) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if r.settle(); is() {
			return
		}
	}
	r.t.Fatalf("never: %s", what)
}

func TestMissingPartsAreOffered(t *testing.T) {
	r, _ := market(t, studio.Lack{Path: "/models/dit.safetensors", Parts: []catalogue.Part{catalogue.Text, catalogue.VAE}})
	const want = "dit.safetensors lacks: Text encoder, Decoder"
	if !r.shop.hint.Visible() || r.shop.line.Content != want {
		t.Errorf("the pane says %q", r.shop.line.Content)
	}
	all := texts(r.shop.box)
	order := []string{want, "UMT5-XXL", "6.7 GB  ·  Text encoder  ·  Apache-2.0  ·  Comfy-Org/Wan", "Wan2.2 VAE", "Whole models", "11.4 GB  ·  dit + vae", "Files", "Wan2.2 TI2V-5B"}
	for at := 0; len(order) > 0; order = order[1:] {
		i := strings.Index(all[at:], order[0])
		if i < 0 {
			t.Fatalf("%q is not there, or not in its place:\n%s", order[0], all)
		}
		at += i
	}
	r2, _ := market(t)
	if r2.shop.hint.Visible() {
		t.Error("something is missed where nothing is missing")
	}
}

func TestFetchStopAndGoOn(t *testing.T) {
	r, f := market(t)
	row := r.shop.rows["vae"]
	if !row.Retry.Visible() || row.Drop.Visible() {
		t.Error("what can be done is not shown")
	}
	test.Tap(row.Retry)
	one := <-f.fetches
	if one.offer.Name != "vae" || row.Retry.Visible() || !row.Drop.Visible() {
		t.Errorf("%+v", one.offer)
	}
	one.progress(fetch.Progress{Stage: fetch.Fetching, Bytes: 0.7e9, Total: 1.4e9, Rate: 35e6})
	r.settle()
	if s := row.Status(); s != "700 MB of 1.4 GB  ·  35 MB/s  ·  20 s left" {
		t.Errorf("status %q", s)
	}
	one.progress(fetch.Progress{Stage: fetch.Checking, Bytes: 1.4e9 / 4, Total: 1.4e9})
	if r.settle(); row.Status() != "Checking 25 %" {
		t.Errorf("status %q", row.Status())
	}
	f.mu.Lock()
	f.offers[2].Kept = 0.7e9
	f.mu.Unlock()
	test.Tap(row.Drop)
	if <-one.ctx.Done(); !errors.Is(one.ctx.Err(), context.Canceled) {
		t.Error("not stopped")
	}
	r.until("it can go on", func() bool { return row.Retry.Visible() })
	if !strings.HasSuffix(row.Status(), "50 % there") || row.Problem() != "" || row.Retry.Help != "Go on" {
		t.Errorf("after a stop: %q, %q", row.Status(), row.Problem())
	}
	// Going on fails once, then does not.
	test.Tap(row.Retry)
	two := <-f.fetches
	two.end <- &fetch.Error{Text: "the mirror gives nothing more"}
	r.until("the problem is told", func() bool { return row.Problem() == "The mirror gives nothing more." })
	test.Tap(row.Retry)
	three := <-f.fetches
	if three.offer.Kept != 0.7e9 || row.Problem() != "" {
		t.Errorf("%+v, %q", three.offer, row.Problem())
	}
	f.mu.Lock()
	f.offers[2].There, f.offers[2].Kept = true, 0
	f.mu.Unlock()
	three.end <- nil
	r.until("it is there", func() bool { return strings.HasSuffix(row.Status(), "there") })
	if row.Retry.Visible() || row.Drop.Visible() {
		t.Error("there is something left to do")
	}
}

// The files of a set come one after another, and one that was taken back does not.
func TestFetchesStandInLine(t *testing.T) {
	r, f := market(t)
	test.Tap(r.shop.rows["both"].Retry)
	first := <-f.fetches
	test.Tap(r.shop.rows["t5"].Retry)
	r.settle()
	if s := r.shop.rows["t5"].Status(); first.offer.Name != "dit" || len(f.fetches) > 0 || !strings.HasSuffix(s, "Waiting") {
		t.Errorf("%s first, then %q", first.offer.Name, s)
	}
	test.Tap(r.shop.rows["vae"].Drop)
	first.end <- nil
	r.until("the next begins", func() bool { return len(f.fetches) > 0 })
	if next := <-f.fetches; next.offer.Name != "t5" {
		t.Errorf("then %s", next.offer.Name)
	}
	r.until("the rest is over", func() bool { return len(r.shop.wanted) == 1 })
}

func TestShopIsChineseToo(t *testing.T) {
	f := newFake()
	f.values.Language = "zh"
	f.offers, f.lacks = offers(), []studio.Lack{{Path: "x.gguf", Parts: []catalogue.Part{catalogue.VAE}}}
	r := newRig(t, f)
	r.shop.open()
	r.settle()
	if all := texts(r.shop.box); !strings.Contains(all, "x.gguf 缺少：解码器") || !strings.Contains(all, "完整模型") {
		t.Error(all)
	}
}
