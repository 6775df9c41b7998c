package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinora/app/fetch/catalogue"
	"kinora/app/settings"
)

// publish serves files at the address they would have at a publisher's, and lists
// them in the catalogue of the world's own.
func publish(t *testing.T, before func(w http.ResponseWriter, r *http.Request) bool, files map[string][]byte) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, ok := files[strings.TrimPrefix(r.URL.Path, "/hf/o/n/resolve/main/d/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if before == nil || !before(w, r) {
			w.Header().Set("ETag", `"x"`)
			http.ServeContent(w, r, "x.bin", time.Time{}, bytes.NewReader(b))
		}
	}))
	t.Cleanup(srv.Close)
	t.Setenv(settings.EndpointVariable, srv.URL+"/hf/")
	p, err := settings.Locate()
	if err != nil {
		t.Fatal(err)
	}
	var list, names strings.Builder
	for name, b := range files {
		sum := sha256.Sum256(b)
		fmt.Fprintf(&list, "%s vae o/n main d/%s %d %s MIT The file %s\n", name, name, len(b), hex.EncodeToString(sum[:]), name)
		names.WriteString(" " + name)
	}
	os.MkdirAll(p.Config, 0o755)
	if err := os.WriteFile(filepath.Join(p.Config, catalogue.FileName), []byte(list.String()+"set all"+names.String()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestGet(t *testing.T) {
	w := newWorld(t)
	files := map[string][]byte{"a.bin": bytes.Repeat([]byte("a"), 3_000_000), "b.bin": []byte("b")}
	publish(t, nil, files)
	r := w.run(t.Context(), "get")
	for _, want := range []string{"ti2v-5b-fp16", "10.00 GB", "Apache-2.0", "Comfy-Org/", "a.bin", "3 MB", "MIT", "set", "ti2v-5b-small"} {
		if want != "set" && !strings.Contains(r.out, want) || r.code != OK {
			t.Errorf("no %q in %+v", want, r)
		}
	}
	p, _ := settings.Locate()
	a := filepath.Join(p.Models, "vae", "a.bin")
	w.Columns = func() int { return 100 }
	if r = w.run(t.Context(), "get", "a.bin"); r.code != OK || r.out != a+"\n" || !strings.Contains(r.err, "█ 100 %") || !strings.Contains(r.err, "MIT") {
		t.Errorf("%+v", r)
	}
	if b, err := os.ReadFile(a); err != nil || !bytes.Equal(b, files["a.bin"]) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if r = w.run(t.Context(), "get"); !strings.Contains(r.out, "o/n  (there)") {
		t.Errorf("%+v", r)
	}
	// A set, to another folder, for a program.
	to := t.TempDir()
	r = w.run(t.Context(), "get", "--json", "all", "--to", to)
	seen := map[string]int{}
	for line := range strings.Lines(r.out) {
		var ev event
		if err := json.Unmarshal([]byte(line), &ev); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		seen[ev.Event+" "+ev.Name]++
		if ev.Total != int64(len(files[ev.Name])) {
			t.Errorf("%q", line)
		}
	}
	if r.code != OK || r.err != "" || seen["done a.bin"] != 1 || seen["done b.bin"] != 1 || seen["begin a.bin"] != 1 || seen["progress a.bin"] == 0 {
		t.Errorf("%v %+v", seen, r)
	}
	var list struct {
		Files []struct {
			Name  string
			There bool
			To    string
		}
		Sets []catalogue.Set
	}
	r = w.run(t.Context(), "get", "--json", "--to", to)
	if err := json.Unmarshal([]byte(r.out), &list); err != nil || len(list.Files) < 8 || len(list.Sets) < 3 {
		t.Errorf("%v: %+v", err, r)
	}
	// Only what is one part of a model: in the list, and of a set.
	if r = w.run(t.Context(), "get", "--part", "text_encoder"); r.code != OK || !strings.Contains(r.out, "umt5-xxl-fp8") || strings.Contains(r.out, "ti2v") || strings.Contains(r.out, "a.bin") {
		t.Errorf("%+v", r)
	}
	if r = w.run(t.Context(), "get", "all", "--part", "vae"); r.code != OK || !strings.Contains(r.out, "a.bin") {
		t.Errorf("%+v", r)
	}
	for _, c := range [][2]string{{"lora", "all holds no lora"}, {"wheel", "there is no part"}} {
		if r = w.run(t.Context(), "get", "all", "--part", c[0]); r.code != Usage || !strings.Contains(r.err, c[1]) {
			t.Errorf("%+v", r)
		}
	}
}

func TestGetFails(t *testing.T) {
	w := newWorld(t)
	publish(t, func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.HasSuffix(r.URL.Path, "gated"):
			w.WriteHeader(http.StatusForbidden)
		case strings.HasSuffix(r.URL.Path, "wrong"):
			fmt.Fprint(w, "other")
		default:
			return false
		}
		return true
	}, map[string][]byte{"gated": []byte("x"), "wrong": []byte("right"), "good": []byte("x")})
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"nothing"}, Usage, "there is nothing called \"nothing\" to fetch; kinora get lists"},
		{[]string{"gated"}, NoFetch, "agree to its terms"},
		{[]string{"wrong"}, NoFetch, "It was removed"},
		{[]string{"good", "--to", "/dev/null/x"}, NoWrite, "cannot write"},
	} {
		if c.code == NoWrite && os.PathSeparator != '/' {
			continue
		}
		if r := w.run(t.Context(), append([]string{"get"}, c.args...)...); r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%v: %+v", c.args, r)
		}
		r := w.run(t.Context(), append([]string{"get", "--json"}, c.args...)...)
		var last event
		for line := range strings.Lines(r.out) {
			json.Unmarshal([]byte(line), &last)
		}
		if r.code != c.code || r.err != "" || last.Event != "failed" || last.Code != c.code || !strings.Contains(last.Error, c.want[:12]) {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
	if r := w.run(t.Context(), "settings", "offline", "true"); r.code != OK {
		t.Fatalf("%+v", r)
	}
	if r := w.run(t.Context(), "get", "good"); r.code != NoFetch || !strings.Contains(r.err, "stay offline") {
		t.Errorf("%+v", r)
	}
	t.Setenv(settings.EndpointVariable, "nowhere")
	if r := w.run(t.Context(), "get", "good"); r.code != Usage || !strings.Contains(r.err, settings.EndpointVariable) {
		t.Errorf("%+v", r)
	}
}

func TestGetGoesOn(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var asked []string
	body := bytes.Repeat([]byte("0123456789"), 300_000)
	publish(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if asked = append(asked, r.Header.Get("Range")); len(asked) == 2 {
			stop()
			<-r.Context().Done()
			return true
		}
		return false
	}, map[string][]byte{"a": body})
	if r := w.run(ctx, "settings"); r.code != OK {
		t.Fatal(r)
	}
	r := w.run(ctx, "get", "a")
	if r.code != Interrupted || !strings.Contains(r.err, "1 MB of 3 MB are kept, and the same command goes on") {
		t.Fatalf("%+v", r)
	}
	if r := w.run(t.Context(), "get"); !strings.Contains(r.out, "(34 % fetched)") {
		t.Errorf("%+v", r)
	}
	asked = append(asked[:0], "", "", "")
	if r := w.run(t.Context(), "get", "a"); r.code != OK || len(asked) < 4 || asked[3] != "bytes=1048576-2097151" {
		t.Errorf("%+v %v", r, asked)
	}
}
