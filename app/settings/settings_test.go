package settings

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kinora/app/disk"
	"kinora/inference"
)

func TestRoundTrip(t *testing.T) {
	p, _ := Under(t.TempDir())
	s, note, err := Open(disk.OS{}, p)
	if err != nil || note != "" {
		t.Fatal(note, err)
	}
	if !reflect.DeepEqual(s.Get(), Defaults(p)) {
		t.Errorf("the first start has %+v", s.Get())
	}
	v := s.Get()
	v.MoreFolders = []string{t.TempDir(), t.TempDir()}
	v.Device, v.Threads, v.LastImage, v.Last = "cpu", 3, "/a/首帧.png", inference.Request{Prompt: "一只柴犬", Seed: 1<<64 - 1, Steps: 8}
	if err := s.Set(v); err != nil {
		t.Fatal(err)
	}
	again, note, err := Open(disk.OS{}, p)
	if err != nil || note != "" || !reflect.DeepEqual(again.Get(), v) {
		t.Errorf("%q %v\ngot  %+v\nwant %+v", note, err, again.Get(), v)
	}
}

func TestBadSettingsAreRefused(t *testing.T) {
	p, _ := Under(t.TempDir())
	s, _, _ := Open(disk.OS{}, p)
	for name, spoil := range map[string]func(*Values){
		"device":       func(v *Values) { v.Device = "tpu" },
		"threads":      func(v *Values) { v.Threads = -1 },
		"clip_folder":  func(v *Values) { v.ClipFolder = "relative" },
		"more_folders": func(v *Values) { v.MoreFolders = []string{"relative"} },
		"mirror":       func(v *Values) { v.Mirror = "ftp://x" },
		"theme":        func(v *Values) { v.Theme = "" },
	} {
		v := s.Get()
		spoil(&v)
		if err := s.Set(v); !errors.Is(err, inference.ErrInvalid) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !reflect.DeepEqual(s.Get(), Defaults(p)) {
		t.Error("a refused change is in force")
	}
}

func TestDamagedFileIsKeptAside(t *testing.T) {
	for _, text := range []string{"", "{", `{"device": "tpu"}`, `{"threads": "many"}`, strings.Repeat(" ", maxFile+1)} {
		p, _ := Under(t.TempDir())
		os.MkdirAll(p.Config, 0o755)
		os.WriteFile(filepath.Join(p.Config, "settings.json"), []byte(text), 0o644)
		s, note, err := Open(disk.OS{}, p)
		if err != nil || note == "" || !reflect.DeepEqual(s.Get(), Defaults(p)) {
			t.Errorf("%.20q: note %q, err %v", text, note, err)
		}
		if kept, _ := filepath.Glob(filepath.Join(p.Config, "settings.damaged-*")); len(kept) != 1 {
			t.Errorf("%.20q: kept %v", text, kept)
		}
	}
}

func TestTableCoversEveryValue(t *testing.T) {
	var v Values
	b, _ := json.Marshal(v)
	var keys map[string]any
	json.Unmarshal(b, &keys)
	for _, written := range []string{"last", "last_image", "lines"} { // in the window, not in a form
		delete(keys, written)
	}
	for _, i := range Table() {
		if _, ok := keys[i.Key]; !ok {
			t.Errorf("%s is in the table alone", i.Key)
		}
		delete(keys, i.Key)
		if i.Label == "" || i.Help == "" {
			t.Errorf("%s has no words", i.Key)
		}
		want := map[Kind]any{Folder: new(string), File: new(string), Choice: new(string), Text: new(string), List: new([]string), Number: new(int), Flag: new(bool)}[i.Kind]
		if got := i.Field(&v); reflect.TypeOf(got) != reflect.TypeOf(want) {
			t.Errorf("%s: %T", i.Key, got)
		}
	}
	if len(keys) > 0 {
		t.Errorf("not in the table: %v", keys)
	}
}

func TestPlaces(t *testing.T) {
	t.Setenv(HomeVariable, "")
	if p, err := Locate(); err != nil || !filepath.IsAbs(p.Config) || !filepath.IsAbs(p.Clips) {
		t.Errorf("%+v, %v", p, err)
	}
	home := t.TempDir()
	t.Setenv(HomeVariable, home)
	if p, err := Locate(); err != nil || p.Data != filepath.Join(home, "data") {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestEndpoint(t *testing.T) {
	v := Values{Mirror: "https://a"}
	for env, want := range map[string]string{"": "https://a", "http://b:80/c/": "http://b:80/c/", "b": "", "https://b/?c": "", "https://": ""} {
		t.Setenv(EndpointVariable, env)
		if got, err := v.Endpoint(); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", env, got, err)
		}
	}
}
