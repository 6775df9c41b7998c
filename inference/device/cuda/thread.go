package cuda

import "runtime"

// A thread is the one OS thread that speaks to the driver.
type thread struct{ work chan func() }

func newThread() *thread {
	t := &thread{make(chan func())}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its context
		for f := range t.work {
			f()
		}
	}()
	return t
}

// do runs f on the thread and returns what it returns.
func (t *thread) do(f func() error) error {
	done := make(chan error)
	t.work <- func() { done <- f() }
	return <-done
}

func (t *thread) close() { close(t.work) }
