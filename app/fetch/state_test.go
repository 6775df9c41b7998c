package fetch

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

var sample = state{url: "https://h/x", size: 100, sha256: strings.Repeat("a", 64), etag: `"e"`, have: spans{{0, 10}, {20, 100}}}

func TestStateRoundTrip(t *testing.T) {
	for _, s := range []state{sample, {url: "u", size: 1, sha256: sample.sha256}} {
		if got, err := parseState(s.String()); err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%v: %+v", err, got)
		}
	}
}

func TestDamagedStates(t *testing.T) {
	good := sample.String()
	for _, c := range []struct{ old, new string }{
		{"fetch 1", "fetch 2"}, {"size 100", "size 99"}, {"size 100", "size -1"}, {"size 100", "size +100"}, {"size 100\n", ""},
		{"size 100", "size 99999999999999999999"}, {"have 20 100", "have 10 100"}, {"have 20 100", "have 5 100"}, {"have 20 100", "have 20 20"},
		{"have 20 100", "have 20"}, {"have 20 100", "have 20 100 "}, {"have 20 100", "have 20 101"}, {"end\n", ""}, {"end\n", "end"},
		{"end\n", "end\nmore\n"}, {`"e"`, `W/"e"`}, {`"e"`, "\"e\"\nsize 100"}, {"url https://h/x\n", ""}, {"sha256 a", "sha256 "}, {"url", "uri"},
	} {
		if text := strings.Replace(good, c.old, c.new, 1); text == good {
			t.Errorf("%q is not there", c.old)
		} else if s, err := parseState(text); err == nil {
			t.Errorf("%q for %q was taken: %+v", c.new, c.old, s)
		}
	}
	for i := range len(good) {
		if _, err := parseState(good[:i]); err == nil {
			t.Errorf("the first %d bytes were taken", i)
		}
	}
}

func FuzzState(f *testing.F) {
	f.Add(sample.String())
	f.Add("kinora fetch 1\nurl u\nsize 5\nend\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseState(text)
		if err != nil {
			return
		}
		if n := s.have.total(); n < 0 || n > s.size {
			t.Errorf("%d of %d bytes", n, s.size)
		}
		if again, err := parseState(s.String()); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%v: %+v, %+v", err, s, again)
		}
	})
}

func TestContentRange(t *testing.T) {
	for s, want := range map[string][3]int64{
		"bytes 0-99/1000": {0, 100, 1000}, "Bytes 5-5/6": {5, 6, 6}, "bytes 0-99/*": {}, "bytes */1000": {}, "bytes 0-1000/1000": {}, "bytes 9-8/1000": {},
		"": {}, "bytes": {}, "items 0-99/1000": {}, "bytes -5-9/1000": {}, "bytes +0-9/1000": {}, "bytes 0-9/10/10": {}, "bytes 0-9 /10": {},
		"bytes 0-9223372036854775807/9223372036854775807": {}, "bytes 0-9/99999999999999999999": {},
	} {
		if lo, hi, total, ok := parseContentRange(s); [3]int64{lo, hi, total} != want || ok != (want[2] > 0) {
			t.Errorf("%q: %d %d %d %v", s, lo, hi, total, ok)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	f.Add("bytes 0-99/1000")
	f.Add("bytes 18446744073709551615-0/0")
	f.Fuzz(func(t *testing.T, s string) {
		if lo, hi, total, ok := parseContentRange(s); ok && (lo < 0 || hi <= lo || total < hi) {
			t.Errorf("%q: %d %d %d", s, lo, hi, total)
		}
	})
}

func TestSpans(t *testing.T) {
	var s spans
	for _, c := range []struct {
		x    span
		want spans
	}{
		{span{10, 20}, spans{{10, 20}}}, {span{5, 5}, spans{{10, 20}}}, {span{30, 40}, spans{{10, 20}, {30, 40}}}, {span{0, 5}, spans{{0, 5}, {10, 20}, {30, 40}}},
		{span{20, 30}, spans{{0, 5}, {10, 40}}}, {span{12, 15}, spans{{0, 5}, {10, 40}}}, {span{3, 50}, spans{{0, 50}}},
	} {
		if s = s.add(c.x); !slices.Equal(s, c.want) {
			t.Fatalf("after %v: %v, want %v", c.x, s, c.want)
		}
	}
	s = spans{{5, 10}, {20, 30}}
	for _, c := range []struct {
		size, most int64
		want       span
		ok         bool
	}{{40, 3, span{0, 3}, true}, {40, 99, span{0, 5}, true}} {
		if got, ok := s.gap(c.size, c.most); got != c.want || ok != c.ok {
			t.Errorf("%+v: %v %v", c, got, ok)
		}
	}
	s = spans{{0, 10}, {20, 30}}
	if got, ok := s.gap(30, 99); got != (span{10, 20}) || !ok {
		t.Error(got, ok)
	}
	if got, ok := (spans{{0, 30}}).gap(30, 99); ok {
		t.Error(got)
	}
	if got := s.within(25); !slices.Equal(got, spans{{0, 10}, {20, 25}}) || got.total() != 15 {
		t.Error(got)
	}
	if got := s.within(15); !slices.Equal(got, spans{{0, 10}}) {
		t.Error(got)
	}
}
