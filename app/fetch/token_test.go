package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// gate is a server that gives its file to those who have the token, and writes down
// what it was shown.
type gate struct {
	server
	secret string
	notes  sync.Mutex
	shown  []string
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.notes.Lock()
	g.shown = append(g.shown, r.Header.Get("Authorization"))
	g.notes.Unlock()
	switch r.Header.Get("Authorization") {
	case "Bearer " + g.secret:
		g.server.ServeHTTP(w, r)
	case "Bearer other":
		w.WriteHeader(http.StatusForbidden)
	default:
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func secured(t *testing.T, h http.Handler) (url, host string, through http.RoundTripper) {
	t.Helper()
	srv := httptest.NewTLSServer(h)
	t.Cleanup(srv.Close)
	return srv.URL + "/m/file.bin", strings.TrimPrefix(srv.URL, "https://"), srv.Client().Transport
}

func TestToken(t *testing.T) {
	const secret = "hf_secret"
	g := &gate{server: server{body: content(300_000), etag: `"a"`}, secret: secret}
	url, host, through := secured(t, g)
	for _, c := range []struct {
		name  string
		token Token
		want  string // of the error
	}{
		{"the right one", TokenFor(host, secret), ""},
		{"none", Token{}, "without an account (401 Unauthorized)"},
		{"an ended one", TokenFor(host, "hf_old"), "does not take the access token"},
		{"of an account without access", TokenFor(host, "other"), "agree to its terms with that account"},
		{"for another host", TokenFor("huggingface.co", secret), "without an account (401 Unauthorized)"},
		{"one no header can carry", TokenFor(host, "hf_\nsecret"), "without an account (401 Unauthorized)"},
	} {
		g.shown = nil
		f, o := g.file(t, url), quick()
		o.Transport, o.Token = through, c.token
		err := Get(t.Context(), f, o)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			whole(t, f, g.body)
			continue
		}
		if e := (*Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nlacks %q", c.name, err, c.want)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, o, o.Token), "hf_") {
			t.Errorf("%s: the secret is told: %v", c.name, err)
		}
		if strings.HasPrefix(c.name, "for another") && strings.Join(g.shown, "") != "" {
			t.Errorf("%s: it was shown %q", c.name, g.shown)
		}
	}
}

// The token stays with its host: not even one below it is shown it, nor is the host
// itself after another was asked.
func TestTokenStays(t *testing.T) {
	const secret = "hf_secret"
	end := &gate{server: server{body: content(1000)}, secret: "nobody has"}
	to, _, _ := secured(t, end)
	var shown []string
	var back string
	url, host, through := secured(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown = append(shown, r.Header.Get("Authorization"))
		switch {
		case strings.HasPrefix(r.URL.Path, "/back"):
			w.WriteHeader(http.StatusForbidden)
		case back != "":
			http.Redirect(w, r, back, http.StatusFound)
		default:
			http.Redirect(w, r, to, http.StatusFound)
		}
	}))
	f, o := end.file(t, url), quick()
	o.Transport, o.Token = through, TokenFor(host, secret)
	if err := Get(t.Context(), f, o); err == nil || !strings.Contains(err.Error(), "sends on to") {
		t.Errorf("%v", err)
	}
	if len(shown) == 0 || shown[0] != "Bearer "+secret || strings.Join(end.shown, "") != "" || len(end.shown) == 0 {
		t.Errorf("its host was shown %q, the other %q", shown, end.shown)
	}
	for _, c := range []struct{ first, next, last string }{
		{"https://a.example/x", "https://cdn.a.example/x", ""}, {"https://a.example/x", "http://a.example/x", ""},
		{"https://a.example/x", "https://a.example:444/x", ""}, {"https://a.example/x", "https://b.example/x", "https://a.example/y"},
	} {
		via := []*http.Request{request(t, c.first), request(t, c.next)}
		next := via[1]
		if c.last == "" {
			via = via[:1]
		} else {
			next = request(t, c.last)
		}
		next.Header.Set("Authorization", "Bearer "+secret)
		if keepToken(next, via); next.Header.Get("Authorization") != "" {
			t.Errorf("%v: the token goes along", c)
		}
	}
	same := request(t, "https://a.example/y")
	same.Header.Set("Authorization", "x")
	if keepToken(same, []*http.Request{request(t, "https://a.example/x")}); same.Header.Get("Authorization") == "" {
		t.Error("the token does not go along to its own host")
	}
	plain := request(t, "http://a.example/x")
	if TokenFor("a.example", secret).give(plain); plain.Header.Get("Authorization") != "" {
		t.Error("the token is sent where everybody can read it")
	}
}

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHuggingFaceToken(t *testing.T) {
	home := t.TempDir()
	put := func(path, text string) string {
		path = filepath.Join(home, filepath.FromSlash(path))
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put(".cache/huggingface/token", " hf_cache\r\n")
	put("hf/token", "hf_home\n")
	put("xdg/huggingface/token", "hf_xdg")
	named := put("named", "hf_named")
	long := put("long", strings.Repeat("x", 1<<20))
	for _, c := range []struct {
		env  map[string]string
		home string
		want string
	}{
		{nil, home, "hf_cache"},
		{map[string]string{"HF_TOKEN": " hf_env ", "HF_HOME": filepath.Join(home, "hf")}, home, "hf_env"},
		{map[string]string{"HUGGING_FACE_HUB_TOKEN": "hf_old"}, home, "hf_old"},
		{map[string]string{"HF_HOME": filepath.Join(home, "hf")}, "", "hf_home"},
		{map[string]string{"HF_HOME": "~/hf"}, home, "hf_home"},
		{map[string]string{"HF_HOME": filepath.Join(home, "nowhere")}, home, ""},
		{map[string]string{"XDG_CACHE_HOME": filepath.Join(home, "xdg")}, home, "hf_xdg"},
		{map[string]string{"HF_TOKEN_PATH": named, "HF_HOME": filepath.Join(home, "hf")}, home, "hf_named"},
		{map[string]string{"HF_TOKEN_PATH": long}, home, ""},
		{map[string]string{"HF_TOKEN_PATH": home}, home, ""}, // a folder
		{map[string]string{"HF_TOKEN": "hf_env", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}, home, ""},
		{map[string]string{"HF_TOKEN": "not a\ntoken"}, home, ""},
		{nil, "", ""},
	} {
		got := HuggingFace(func(k string) string { return c.env[k] }, c.home)
		if got.secret != c.want || c.want != "" && got.host != "huggingface.co" {
			t.Errorf("%v: %q for %s, want %q", c.env, got.secret, got.host, c.want)
		}
	}
}
