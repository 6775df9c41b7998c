package fetch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"kinora/app/disk"
)

// A state is what is known of a part file: whose it is, and which of its bytes are
// there. It lies beside as a few lines of text.
type state struct {
	url    string
	size   int64
	sha256 string
	etag   string // of the file on the server; empty: not known
	have   spans
}

const (
	stateHead = "kinora fetch 1"
	maxState  = 256 << 10
	maxETag   = 256
	maxSpans  = 4096
)

var errState = errors.New("damaged state file")

// String is the state as it lies on the disk.
func (s state) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nurl %s\nsize %d\nsha256 %s\n", stateHead, s.url, s.size, s.sha256)
	if s.etag != "" {
		fmt.Fprintf(&b, "etag %s\n", s.etag)
	}
	for _, x := range s.have {
		fmt.Fprintf(&b, "have %d %d\n", x.lo, x.hi)
	}
	return b.String() + "end\n"
}

// parseState reads what String wrote. Nothing in it is believed that cannot be.
func parseState(text string) (s state, err error) {
	lines := strings.Split(text, "\n")
	if len(text) > maxState || len(lines) < 3 || lines[0] != stateHead || lines[len(lines)-2] != "end" || lines[len(lines)-1] != "" {
		return state{}, errState
	}
	for _, line := range lines[1 : len(lines)-2] {
		key, value, _ := strings.Cut(line, " ")
		ok := value != ""
		switch key {
		case "url":
			ok = ok && s.url == ""
			s.url = value
		case "size":
			ok = ok && s.size == 0 && len(s.have) == 0
			s.size, ok = number(value, ok)
		case "sha256":
			ok = ok && s.sha256 == "" && len(value) == 64
			s.sha256 = value
		case "etag":
			ok = ok && s.etag == "" && strong(value) == value
			s.etag = value
		case "have":
			from, to, _ := strings.Cut(value, " ")
			var x span
			x.lo, ok = number(from, ok)
			x.hi, ok = number(to, ok)
			if n := len(s.have); !ok || n >= maxSpans || x.lo >= x.hi || x.hi > s.size || n > 0 && x.lo <= s.have[n-1].hi {
				return state{}, errState
			}
			s.have = append(s.have, x)
		default:
			ok = false
		}
		if !ok {
			return state{}, errState
		}
	}
	if s.url == "" || s.size == 0 || s.sha256 == "" {
		return state{}, errState
	}
	return s, nil
}

// number reads digits alone.
func number(s string, ok bool) (int64, bool) {
	if !ok || s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// strong is an entity tag that If-Range may carry, or empty.
func strong(etag string) string {
	if len(etag) < 3 || len(etag) > maxETag || etag[0] != '"' || etag[len(etag)-1] != '"' {
		return ""
	}
	for _, c := range []byte(etag[1 : len(etag)-1]) {
		if c <= ' ' || c == '"' || c >= 0x7f {
			return ""
		}
	}
	return etag
}

func readState(path string) (state, error) {
	f, err := os.Open(path)
	if err != nil {
		return state{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxState+1))
	if err != nil {
		return state{}, err
	}
	return parseState(string(b))
}

func (s state) write(path string) error { return disk.WriteFile(disk.OS{}, path, []byte(s.String())) }
