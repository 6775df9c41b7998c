package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A watcher looks at the memory of this process ten times a second.
type watcher struct {
	mu         sync.Mutex
	done       chan struct{}
	base, heap uint64 // of Go: when it began, and the most since
	resident   int64  // kB, mapped files among them
	own        int64  // kB, without them
}

func watch() *watcher {
	w := &watcher{done: make(chan struct{})}
	w.begin()
	go func() {
		for t := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-w.done:
				t.Stop()
				return
			case <-t.C:
				w.look()
			}
		}
	}()
	return w
}

// begin forgets what was seen.
func (w *watcher) begin() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.mu.Lock()
	w.base, w.heap, w.resident, w.own = m.HeapAlloc, m.HeapAlloc, 0, 0
	w.mu.Unlock()
	w.look()
}

func (w *watcher) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heap = max(w.heap, m.HeapAlloc)
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return // no Linux
	}
	for line := range strings.Lines(string(text)) {
		var kB int64
		name, rest, _ := strings.Cut(line, ":")
		if _, err := fmt.Sscan(rest, &kB); err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			w.resident = max(w.resident, kB)
		case "RssAnon":
			w.own = max(w.own, kB)
		}
	}
}

func (w *watcher) tell(of string) {
	w.look()
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Printf("memory %s: Go's heap grew by %.1f MB at most; ", of, float64(w.heap-w.base)/1e6)
	if w.resident == 0 {
		fmt.Println("the process's was not measured (only Linux tells)")
		return
	}
	fmt.Printf("the process had %.2f GB, mapped files among them, and %.2f GB without them\n", float64(w.resident)*1024/1e9, float64(w.own)*1024/1e9)
}

func (w *watcher) stop() { close(w.done) }
