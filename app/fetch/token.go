package fetch

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Token opens what a server gives to holders of an account only. It goes to the one
// host that it is for, over https, and never along when that sends us to another. It
// does not print what it is.
type Token struct{ host, secret string }

// TokenFor is the token for a host, with its port where that is not the usual one.
// A secret that no header can carry makes a token that opens nothing.
func TokenFor(host, secret string) Token {
	if secret == "" || len(secret) > maxToken || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Token{}
	}
	return Token{host, secret}
}

const maxToken = 4 << 10 // bytes

func (t Token) String() string   { return "a token for " + t.host }
func (t Token) GoString() string { return t.String() }

// give adds the token to a request to its host.
func (t Token) give(r *http.Request) {
	if t.secret != "" && t.is(r.URL) {
		r.Header.Set("Authorization", "Bearer "+t.secret)
	}
}

func (t Token) is(u *url.URL) bool { return u.Scheme == "https" && strings.EqualFold(u.Host, t.host) }

// keepToken leaves the token out of a request that goes, or went, by way of another
// host: the standard library takes it along to hosts below the first.
func keepToken(next *http.Request, before []*http.Request) {
	first := before[0].URL
	for _, r := range slices.Concat(before[1:], []*http.Request{next}) {
		if r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
			next.Header.Del("Authorization")
			return
		}
	}
}

// HuggingFace is the token that the person has for that host, found as huggingface_hub
// finds it (its page "Environment variables"): HF_TOKEN, else the file that HF_TOKEN_PATH
// names, or token in HF_HOME, which is ~/.cache/huggingface. It opens nothing where there
// is none, or HF_HUB_DISABLE_IMPLICIT_TOKEN says not to use it unasked.
func HuggingFace(getenv func(string) string, home string) Token {
	switch strings.ToUpper(getenv("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
	case "1", "ON", "YES", "TRUE":
		return Token{}
	}
	for _, name := range []string{"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"} {
		if secret := strings.TrimSpace(getenv(name)); secret != "" {
			return TokenFor(huggingFace, secret)
		}
	}
	path := getenv("HF_TOKEN_PATH")
	if dir := getenv("HF_HOME"); path == "" && dir != "" {
		path = filepath.Join(dir, "token")
	}
	if dir := getenv("XDG_CACHE_HOME"); path == "" && dir != "" {
		path = filepath.Join(dir, "huggingface", "token")
	}
	if path == "" {
		path = filepath.Join("~", ".cache", "huggingface", "token")
	}
	if rest, ok := strings.CutPrefix(path, "~"); ok {
		if home == "" {
			return Token{}
		}
		path = filepath.Join(home, rest)
	}
	return TokenFor(huggingFace, strings.TrimSpace(firstBytes(path)))
}

const huggingFace = "huggingface.co"

// firstBytes is what a file begins with; nothing where it cannot be read.
func firstBytes(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	b, _ := io.ReadAll(io.LimitReader(file, maxToken+2))
	return string(b)
}

// denied says what to do about a server that wants another account, or any.
func (t *transfer) denied(r *http.Response) error {
	u, err := url.Parse(t.URL)
	ours := err == nil && t.o.Token.is(u)
	switch {
	case err == nil && u.Host == huggingFace && t.o.Token.secret == "":
		return fault("%s does not give %s away without an account (%s): open the page of the model in a browser and agree to its terms, then make an access token in the settings of your account there and put it into the environment variable HF_TOKEN", u.Host, t.URL, r.Status)
	case ours && r.Request.Header.Get("Authorization") == "":
		return fault("%s sends on to %s, which does not give %s away (%s); try again later", u.Host, r.Request.URL.Host, t.URL, r.Status)
	case ours && r.StatusCode == http.StatusUnauthorized:
		return fault("%s does not take the access token that it was given for %s (%s): it may have ended; make another in the settings of your account there and put it into the environment variable HF_TOKEN", u.Host, t.URL, r.Status)
	case ours:
		return fault("%s does not give %s away to the account of your access token (%s): open the page of the model in a browser and agree to its terms with that account, and allow the token to read such models", u.Host, t.URL, r.Status)
	}
	return fault("%s does not give %s away without an account (%s): open the page of the model in a browser, agree to its terms, download the file there, and put it into the folder of models", r.Request.URL.Host, t.URL, r.Status)
}
