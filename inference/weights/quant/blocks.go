package quant

import "encoding/binary"

// Blocks of 32: a scale, perhaps an offset, and 4, 5 or 8 bits for each element.
// Of the bytes that hold two elements, the lower halves are the first sixteen.

func q4_0(y []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:18] {
		y[i] = d * float32(int(q&15)-8)
		y[i+16] = d * float32(int(q>>4)-8)
	}
}

func q4_1(y []float32, b []byte) {
	d, m := half(b), half(b[2:])
	for i, q := range b[4:20] {
		y[i] = float32(d*float32(q&15)) + m
		y[i+16] = float32(d*float32(q>>4)) + m
	}
}

// fifth puts the bits that lie in a word of their own above the four of q.
func fifth(q byte, high uint32, i int) int { return int(q&15) | int(high>>i&1)<<4 }

func q5_0(y []float32, b []byte) {
	d, high := half(b), binary.LittleEndian.Uint32(b[2:])
	for i, q := range b[6:22] {
		y[i] = d * float32(fifth(q, high, i)-16)
		y[i+16] = d * float32(fifth(q>>4, high, i+16)-16)
	}
}

func q5_1(y []float32, b []byte) {
	d, m, high := half(b), half(b[2:]), binary.LittleEndian.Uint32(b[4:])
	for i, q := range b[8:24] {
		y[i] = float32(d*float32(fifth(q, high, i))) + m
		y[i+16] = float32(d*float32(fifth(q>>4, high, i+16))) + m
	}
}

func q8_0(y []float32, b []byte) {
	d := half(b)
	for i, q := range b[2:34] {
		y[i] = d * float32(int8(q))
	}
}

// levels are the sixteen values of IQ4, closer together where weights are many.
var levels = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

func iq4NL(y []float32, b []byte) { iq4(y, half(b), b[2:18]) }

func iq4(y []float32, d float32, b []byte) {
	for i, q := range b {
		y[i] = d * levels[q&15]
		y[i+16] = d * levels[q>>4]
	}
}

func iq4XS(y []float32, b []byte) {
	d, high := half(b), binary.LittleEndian.Uint16(b[2:])
	for g := range 8 {
		scale := int(b[4+g/2]>>(4*(g%2))&15) | int(high>>(2*g)&3)<<4
		iq4(y[32*g:], d*float32(scale-32), b[8+16*g:24+16*g])
	}
}
