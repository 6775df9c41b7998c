package fetch

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	var p pace
	at, got := time.Unix(0, 0), 0.0
	for i := range 100 {
		got = p.add(at.Add(time.Duration(i)*time.Second), int64(i)*1000)
	}
	if got != 1000 {
		t.Errorf("%g bytes a second", got)
	}
}
