package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"kinora/app/disk"
)

var (
	errStalled = errors.New("the server fell silent")
	errShort   = errors.New("the server sends less than it was asked for")
)

// worth is how many bytes make a try that failed one that brought something.
const worth = 64 << 10

// ask requests the bytes want, and writes what comes of them: n, from want.lo on.
func (t *transfer) ask(ctx context.Context, want span, ranged bool) (n int64, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	idle := time.AfterFunc(t.o.Idle, func() { stop(errStalled) })
	defer idle.Stop()
	defer func() {
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.URL, nil)
	if err != nil {
		return 0, fault("%q is no address to fetch from", t.URL)
	}
	req.Header.Set("User-Agent", "kinora")
	req.Header.Set("Accept-Encoding", "identity")
	t.o.Token.give(req)
	t.mu.Lock()
	etag := t.state.etag
	t.mu.Unlock()
	if ranged {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", want.lo, want.hi-1))
		if etag != "" {
			req.Header.Set("If-Range", etag)
		}
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		return 0, t.denied(resp)
	}
	got, err := t.read(resp, want, etag)
	if err != nil {
		return 0, err
	}
	if err := t.meet(strong(resp.Header.Get("ETag"))); err != nil {
		return 0, err
	}
	buf := make([]byte, 128<<10)
	for at := got.lo; at < got.hi; {
		k, err := resp.Body.Read(buf[:min(int64(len(buf)), got.hi-at)])
		if k > 0 {
			idle.Reset(t.o.Idle)
			if _, err := t.part.WriteAt(buf[:k], at); err != nil {
				return at - got.lo, &disk.Error{Path: t.Path, Err: err}
			}
			t.mu.Lock()
			t.state.have = t.state.have.add(span{at, at + int64(k)})
			t.bytes += int64(k)
			t.mu.Unlock()
			at += int64(k)
		}
		if err != nil && at < got.hi {
			return at - got.lo, fmt.Errorf("the connection broke off: %w", err)
		}
	}
	if resp.StatusCode == http.StatusOK { // where no length was told, more may come
		if k, _ := io.ReadFull(resp.Body, buf[:1]); k > 0 {
			return 0, fault("the file at %s is longer than the %d bytes that were expected; it is another one", t.URL, t.Size)
		}
	}
	return got.hi - got.lo, nil
}

// meet remembers what the server calls the file, the first time.
func (t *transfer) meet(etag string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state.etag != "" && t.state.etag != etag {
		return errChanged
	}
	t.state.etag = etag
	return nil
}

// again decides after a request that ended with err, and brought something or not,
// whether to ask once more, waits for the right moment, and returns nil; or returns
// why not.
func (t *transfer) again(ctx context.Context, brought bool, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	if e := (*disk.Error)(nil); errors.As(err, &e) || errors.Is(err, errChanged) || errors.Is(err, errNoRanges) {
		return err
	}
	host := t.URL
	if u, e := url.Parse(t.URL); e == nil {
		host = u.Host
	}
	if e := (*tls.CertificateVerificationError)(nil); errors.As(err, &e) {
		return &Error{fmt.Sprintf("%s cannot prove that it is %s: %v", host, host, e.Err), err}
	}
	t.mu.Lock()
	if brought || err == nil {
		t.barren = 0
	} else {
		t.barren++
	}
	barren := t.barren
	t.mu.Unlock()
	if err == nil {
		return nil
	}
	if barren >= tries {
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err // without the address, which may have secrets in it
		}
		return &Error{fmt.Sprintf("%s gives nothing more after %d tries: %v. What is there is kept; try again later", host, barren, err), err}
	}
	wait := min(30*time.Second, t.o.pause<<max(0, barren-1))
	wait = wait/2 + rand.N(wait/2+1)
	if l := (*later)(nil); errors.As(err, &l) {
		wait = max(wait, l.after)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(wait):
		return nil
	}
}
