package simd

import (
	"runtime"
	"sync"
	"sync/atomic"

	"kinora/inference/device/cpu/simd/kernel"
)

// A Pool is a fixed number of threads that share work. It may be used from
// several goroutines at once.
type Pool struct {
	threads int
	level   Level
	set     *kernel.Set // nil at level Plain
	tiles   *kernel.Set // of products and convolutions by tiles
	jobs    chan *job
	close   sync.Once
	scratch scratch
}

type job struct {
	f       func(i int)
	n       int64
	next    atomic.Int64
	left    atomic.Int64
	done    chan struct{}
	trouble atomic.Pointer[any]
}

// NewPool starts a pool of the given number of threads, the caller's included;
// 0 means one for every processor. It uses the best instructions there are.
func NewPool(threads int) *Pool { return NewPoolAt(threads, Best()) }

// NewPoolAt is NewPool with the instruction set given, which this machine must have.
func NewPoolAt(threads int, l Level) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{threads: threads, level: l, set: l.set(), tiles: l.tiles(), jobs: make(chan *job, 4*threads)}
	for range threads - 1 {
		go p.work()
	}
	return p
}

// Threads returns how many threads share the work.
func (p *Pool) Threads() int { return p.threads }

// Level returns the instructions in use.
func (p *Pool) Level() Level { return p.level }

// Close ends the threads. No Run may be under way or follow.
func (p *Pool) Close() {
	p.close.Do(func() {
		close(p.jobs)
		p.scratch.drop()
	})
}

// Run calls f for every i in [0, n), several at a time, and returns when all are
// done. A panic in f comes out of Run.
func (p *Pool) Run(n int, f func(i int)) {
	if n <= 0 {
		return
	}
	if n == 1 || p.threads == 1 {
		for i := range n {
			f(i)
		}
		return
	}
	j := &job{f: f, n: int64(n), done: make(chan struct{})}
	j.left.Store(int64(n))
	for range min(p.threads, n) - 1 {
		select {
		case p.jobs <- j:
		default: // everybody has enough to do
		}
	}
	j.help()
	<-j.done
	if t := j.trouble.Load(); t != nil {
		panic(*t)
	}
}

func (p *Pool) work() {
	for j := range p.jobs {
		j.help()
	}
}

// help takes items of j until none is left.
func (j *job) help() {
	for {
		i := j.next.Add(1) - 1
		if i >= j.n {
			return
		}
		j.one(int(i))
	}
}

func (j *job) one(i int) {
	defer func() {
		if r := recover(); r != nil {
			j.trouble.CompareAndSwap(nil, &r)
		}
		if j.left.Add(-1) == 0 {
			close(j.done)
		}
	}()
	j.f(i)
}

// spread calls f for ranges that cover [0, n), in pieces of at least grain.
func (p *Pool) spread(n, grain int, f func(lo, hi int)) {
	if n <= 0 {
		return
	}
	pieces := max(1, min(4*p.threads, n/max(1, grain)))
	p.Run(pieces, func(i int) { f(n*i/pieces, n*(i+1)/pieces) })
}
