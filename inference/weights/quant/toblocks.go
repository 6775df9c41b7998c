package quant

import (
	"encoding/binary"
	"math"
)

// scaled returns the element of largest size, with its sign, over by, and one over
// that.
func scaled(x []float32, by float32) (d, inverse float32) {
	top := float32(0)
	for _, v := range x {
		if abs(v) > abs(top) {
			top = v
		}
	}
	d = top / by
	return d, one(d)
}

// ranged returns the smallest element and the range over n steps.
func ranged(x []float32, n float32) (d, inverse, least float32) {
	least, most := x[0], x[0]
	for _, v := range x {
		least, most = min(least, v), max(most, v)
	}
	d = (most - least) / n
	return d, one(d), least
}

func one(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// step cuts off to a whole number in 0 … most.
func step(x float32, most int) int { return min(most, max(0, int(x))) }

func toQ4_0(b []byte, x []float32) {
	d, inverse := scaled(x, -8)
	putHalf(b, d)
	for i := range 16 {
		lo, hi := step(float32(x[i]*inverse)+8.5, 15), step(float32(x[i+16]*inverse)+8.5, 15)
		b[2+i] = byte(lo | hi<<4)
	}
}

func toQ4_1(b []byte, x []float32) {
	d, inverse, least := ranged(x, 15)
	putHalf(b, d)
	putHalf(b[2:], least)
	for i := range 16 {
		lo, hi := step(float32((x[i]-least)*inverse)+0.5, 15), step(float32((x[i+16]-least)*inverse)+0.5, 15)
		b[4+i] = byte(lo | hi<<4)
	}
}

func toQ5_0(b []byte, x []float32) {
	d, inverse := scaled(x, -16)
	putHalf(b, d)
	fives(b[2:], func(i int) int { return step(float32(x[i]*inverse)+16.5, 31) })
}

func toQ5_1(b []byte, x []float32) {
	d, inverse, least := ranged(x, 31)
	putHalf(b, d)
	putHalf(b[2:], least)
	fives(b[4:], func(i int) int { return step(float32((x[i]-least)*inverse)+0.5, 31) })
}

// fives packs 32 numbers of five bits: the upper bits in a word of their own.
func fives(b []byte, at func(int) int) {
	high := uint32(0)
	for i := range 16 {
		lo, hi := at(i), at(i+16)
		b[4+i] = byte(lo&15 | hi&15<<4)
		high |= uint32(lo>>4)<<i | uint32(hi>>4)<<(i+16)
	}
	binary.LittleEndian.PutUint32(b, high)
}

func toQ8_0(b []byte, x []float32) {
	top := float32(0)
	for _, v := range x {
		top = max(top, abs(v))
	}
	d := top / 127
	inverse := one(d)
	putHalf(b, d)
	for i, v := range x {
		b[2+i] = byte(int8(math.Round(float64(v * inverse))))
	}
}
