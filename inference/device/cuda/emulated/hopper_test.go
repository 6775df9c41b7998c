package emulated

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"kinora/inference/device/cuda/driver"
)

// The machine's copy engine, barriers and products of warpgroups: a product of odd-sized
// matrices is right whenever copies and products are done, and mistakes are noticed.
func TestProductOfWarpgroup(t *testing.T) {
	for _, turned := range []bool{false, true} {
		t.Run(fmt.Sprint("turned ", turned), func(t *testing.T) {
			m := newMachine(t, turned)
			for range 40 { // early and late, in order and not, from every address
				if err := m.run(turned, 0); err != nil {
					t.Fatal(err)
				}
				m.compare(t, true)
			}
		})
	}
}

func TestMistakesAreNoticed(t *testing.T) {
	for i, c := range []struct {
		name, says string
		wrong      bool // what comes out is not what should
	}{
		{"sums are read before they are waited for", "", true},
		{"sums are written while products run", "sums were touched", false},
		{"no fence", "a product without a fence", false},
		{"one arrival too many", "more threads arrive", false},
		{"fewer bytes expected than come", "threads wait for others", false},
		{"more bytes expected than come", "waits for 0 arrivals and 128 bytes", false},
		{"a box off by 128 bytes", "a box does not begin where its swizzle begins", false},
		{"a matrix off by a row", "a matrix does not begin where its swizzle begins", false},
		{"a map is not acquired", "a map was not acquired", false},
		{"barriers are not shown", "barriers were not shown", false},
		{"products are left open", "a block ends before its products", false},
		{"warps ask for different products", "threads of a warpgroup ask for different products", false},
		{"a barrier is not made", "a barrier was not made", false},
		{"a matrix is overwritten before products have read it", "", true},
		{"another swizzle", "not of the 128-byte swizzle", false},
		{"a wait for the phase before", "emu: ", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t, false)
			wrong, said := false, ""
			for range 40 {
				if err := m.run(false, i+1); err != nil {
					said = err.Error()
					break
				}
				wrong = wrong || !m.compare(t, false)
			}
			if c.wrong != wrong || !strings.Contains(said, c.says) || c.says == "" && said != "" {
				t.Errorf("wrong %v, said %q; want %q", wrong, said, c.says)
			}
		})
	}
}

// A machine tries products of a [61, 53] and b, [117, 53] or turned [53, 117], in rows of
// 56 and of 120 numbers.
type machine struct {
	driver.Driver
	out, maps, a driver.Ptr
	touch        []driver.Span
	want         []float64
}

func newMachine(t *testing.T, turned bool) *machine {
	t.Helper()
	files, err := filepath.Glob("testdata/*.cu")
	if err != nil {
		t.Fatal(err)
	}
	d, err := start(hopper, files...)
	if errors.Is(err, ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	m := &machine{Driver: d}
	r := rand.New(rand.NewPCG(7, 8))
	numbers := func(rows, wide, used, apart int) ([]byte, []float64) {
		b, v := make([]byte, 2*rows*apart), make([]float64, rows*wide)
		for i := range rows {
			for j := range used {
				bits := math.Float32bits(float32(r.NormFloat64())) >> 16
				binary.LittleEndian.PutUint16(b[2*(i*apart+j):], uint16(bits))
				v[i*wide+j] = float64(math.Float32frombits(bits << 16))
			}
			for j := used; j < apart; j++ { // what lies outside of the map must not be read
				binary.LittleEndian.PutUint16(b[2*(i*apart+j):], 0x7fc0)
			}
		}
		return b, v
	}
	put := func(b []byte) driver.Ptr {
		p, err := d.Alloc(int64(len(b)))
		if err == nil {
			err = d.Upload(driver.Compute, p, b)
		}
		if err != nil {
			t.Fatal(err)
		}
		m.touch = append(m.touch, driver.Span{At: p, Size: int64(len(b))})
		return p
	}
	encode := func(k driver.Map) []byte {
		b, err := d.Encode(k)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	rows, apart := 61, 56
	if turned {
		rows, apart = 64, 64 // registers read all of it
	}
	a, av := numbers(rows, 64, min(apart, 53), apart)
	if turned {
		for i := range rows {
			for j := 53; j < 64; j++ {
				binary.LittleEndian.PutUint16(a[2*(i*64+j):], 0)
			}
		}
	}
	m.a = put(a)
	ma := driver.Map{At: m.a, Size: []int{53, rows}, Stride: []int64{int64(2 * apart)}, Box: []int{64, 64}}
	m.want = make([]float64, 64*128)
	var mb driver.Map
	if turned {
		b, bv := numbers(53, 128, 117, 120)
		mb = driver.Map{At: put(b), Size: []int{117, 53}, Stride: []int64{240}, Box: []int{64, 64}}
		for i := range m.want {
			for k := range 53 {
				m.want[i] += av[i/128*64+k] * bv[k*128+i%128]
			}
		}
	} else {
		b, bv := numbers(117, 64, 53, 56)
		mb = driver.Map{At: put(b), Size: []int{53, 117}, Stride: []int64{112}, Box: []int{64, 128}}
		for i := range m.want {
			if i/128 >= rows || i%128 >= 117 {
				continue
			}
			for k := range 53 {
				m.want[i] += av[i/128*64+k] * bv[i%128*64+k]
			}
		}
	}
	m.maps = put(append(encode(ma), encode(mb)...))
	m.out = put(make([]byte, 4*64*128))
	return m
}

func (m *machine) run(turned bool, mistake int) error {
	turn := uint64(0)
	if turned {
		turn = 1
	}
	return m.Launch(driver.Compute, &driver.Launch{Kernel: "try_product", Blocks: 1, Threads: 128, Shared: 1024 + 8192 + 16384 + 8,
		Args: []uint64{0, uint64(m.out), uint64(m.maps), uint64(m.a), turn, uint64(mistake)}, Touch: m.touch})
}

func (m *machine) compare(t *testing.T, must bool) bool {
	t.Helper()
	b := make([]byte, 4*64*128)
	if err := m.Download(driver.Compute, b, m.out); err != nil {
		t.Fatal(err)
	}
	for i, w := range m.want {
		got := float64(math.Float32frombits(binary.NativeEndian.Uint32(b[4*i:])))
		if !(math.Abs(got-w) <= 1e-4) {
			if must {
				t.Fatalf("[%d, %d] is %g, want %g", i/128, i%128, got, w)
			}
			return false
		}
	}
	return true
}
