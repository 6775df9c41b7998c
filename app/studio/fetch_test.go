package studio

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/app/fetch"
	"kinora/app/fetch/catalogue"
	"kinora/app/studio/studiotest"
)

// A studio that closes stops what it fetches, and what is there is kept.
func TestCloseStopsFetching(t *testing.T) {
	s := openTest(t, options(t.TempDir(), &studiotest.Engine{}))
	here := make(chan bool, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		here <- true
		<-r.Context().Done()
	}))
	defer srv.Close()
	v := s.Settings()
	v.Mirror = srv.URL
	if err := s.SetSettings(v); err != nil {
		t.Fatal(err)
	}
	list, _, err := s.Offers("")
	if err != nil || !strings.HasPrefix(list[0].From, srv.URL+"/") || !strings.HasPrefix(list[0].To, v.ModelFolder) {
		t.Fatalf("%+v, %v", list, err)
	}
	o := list[0]
	o.Size = 10
	done := make(chan error)
	go func() { done <- s.Fetch(t.Context(), o, func(fetch.Progress) {}) }()
	<-here
	s.Close()
	if err := <-done; err == nil {
		t.Error("fetched all the same")
	}
	if err := s.Fetch(t.Context(), o, nil); err == nil || len(here) > 0 {
		t.Errorf("a closed studio fetches: %v", err)
	}
}

func TestOffersThatCannotBe(t *testing.T) {
	s := openTest(t, options(t.TempDir(), &studiotest.Engine{}))
	v := s.Settings()
	v.Offline = true
	if err := s.SetSettings(v); err != nil {
		t.Fatal(err)
	}
	list, err := s.Select("", "ti2v-5b-small")
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	if e := (*fetch.Error)(nil); !errors.As(s.Fetch(t.Context(), list[0], nil), &e) {
		t.Error("offline, and it fetches")
	}
	list[0].Size = 1 << 60
	if s.Room(list) <= 0 {
		t.Error("an exabyte has room")
	}
	os.WriteFile(filepath.Join(s.options.Places.Config, catalogue.FileName), []byte("x\n"), 0o644)
	if list, _, err := s.Offers(""); err == nil || len(list) == 0 {
		t.Errorf("a damaged list: %d offers, %v", len(list), err)
	}
}
