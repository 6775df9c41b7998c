package fetch

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var (
	errChanged  = errors.New("the file on the server changed")
	errNoRanges = errors.New("the server sends whole files only")
)

// A later error is a server's wish to be asked again after a while.
type later struct {
	status string
	after  time.Duration // 0: it does not say
}

func (l *later) Error() string { return "the server answers " + l.status }

// maxWait is how long a server may ask to be left alone.
const maxWait = 5 * time.Minute

// read takes in the head of an answer to a request for the bytes want of f, and
// tells which of them its body holds.
func (f File) read(r *http.Response, want span, etag string) (span, error) {
	host := r.Request.URL.Host
	switch {
	case r.StatusCode == http.StatusTooManyRequests || r.StatusCode >= 500:
		l := &later{status: r.Status, after: retryAfter(r.Header.Get("Retry-After"), time.Now())}
		if l.after > maxWait {
			return span{}, fault("%s asks to be left alone for %v; try again after that. What is there is kept", host, l.after.Round(time.Second))
		}
		return span{}, l
	case r.StatusCode == http.StatusNotFound || r.StatusCode == http.StatusGone:
		return span{}, fault("%s is not there (%s): it was moved, or the mirror lacks it", f.URL, r.Status)
	case r.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return span{}, fault("the file at %s is shorter than the %d bytes that were expected; it is another one", f.URL, f.Size)
	case r.StatusCode != http.StatusOK && r.StatusCode != http.StatusPartialContent:
		return span{}, fault("%s answers %s for %s", host, r.Status, f.URL)
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "text/html" {
		return span{}, fault("%s sent a web page in place of the file; a network that wants a login first does so", host)
	}
	if r.Header.Get("Content-Encoding") != "" && r.Header.Get("Content-Encoding") != "identity" {
		return span{}, fault("%s packs the file (%s), which was not asked for", host, r.Header.Get("Content-Encoding"))
	}
	now := strong(r.Header.Get("ETag"))
	if etag != "" && now != etag {
		return span{}, errChanged
	}
	if r.StatusCode == http.StatusOK {
		if r.ContentLength >= 0 && r.ContentLength != f.Size {
			return span{}, f.length(r.ContentLength)
		}
		if want != (span{0, f.Size}) {
			return span{}, errNoRanges
		}
		return want, nil
	}
	lo, hi, total, ok := parseContentRange(r.Header.Get("Content-Range"))
	switch {
	case r.Request.Header.Get("Range") == "":
		return span{}, fault("%s sent a part of the file that was not asked for", host)
	case !ok:
		return span{}, fault("%s sent a part of the file without saying which (Content-Range %q)", host, clip(r.Header.Get("Content-Range")))
	case total != f.Size:
		return span{}, f.length(total)
	case lo != want.lo || hi > want.hi:
		return span{}, fault("%s was asked for bytes %d to %d and sent %d to %d", host, want.lo, want.hi-1, lo, hi-1)
	case r.ContentLength >= 0 && r.ContentLength != hi-lo:
		return span{}, fault("%s contradicts itself: bytes %d to %d, and %d bytes long", host, lo, hi-1, r.ContentLength)
	}
	return span{lo, hi}, nil
}

func (f File) length(got int64) error {
	return fault("the file at %s has %d bytes, not the %d that were expected; it is another one", f.URL, got, f.Size)
}

// parseContentRange reads "bytes 0-99/1000", RFC 9110 section 14.4: hi is one past
// the last byte. A total that is not told is refused.
func parseContentRange(s string) (lo, hi, total int64, ok bool) {
	unit, rest, _ := strings.Cut(s, " ")
	both, all, _ := strings.Cut(rest, "/")
	first, last, _ := strings.Cut(both, "-")
	lo, ok = number(first, strings.EqualFold(unit, "bytes"))
	hi, ok = number(last, ok)
	total, ok = number(all, ok)
	if !ok || lo > hi || hi >= total {
		return 0, 0, 0, false
	}
	return lo, hi + 1, total, true
}

// retryAfter reads seconds or a date, RFC 9110 section 10.2.3.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// maxRedirects is how many others a server may send us to.
const maxRedirects = 5

// follow decides about redirects. A secure connection is not given up.
func follow(next *http.Request, before []*http.Request) error {
	keepToken(next, before)
	from := before[len(before)-1].URL
	switch {
	case len(before) > maxRedirects:
		return fault("%s sends in circles: more than %d redirects", before[0].URL.Host, maxRedirects)
	case next.URL.Scheme != "http" && next.URL.Scheme != "https" || from.Scheme == "https" && next.URL.Scheme != "https":
		return fault("%s redirects to %s, which is not a secure address", from.Host, bare(next.URL))
	}
	return nil
}

// bare is an address without what may be secret in it.
func bare(u *url.URL) string { return u.Scheme + "://" + u.Host }

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// transport speaks HTTP/1.1: ranges on one shared connection would gain nothing.
func transport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.ForceAttemptHTTP2 = false
	t.DisableCompression = true
	t.MaxIdleConnsPerHost = 16
	return t
}
