package main

import (
	"fmt"

	"kinora/inference/device/cpu/simd"
)

func (b bench) attentions() {
	header("attention: L heads dim, GFLOP/s", "")
	for _, s := range [][3]int{{960, 4, 64}, {960, 8, 32}, {960, 12, 128}, {3000, 4, 128}, {240, 4, 64}} {
		rows, heads, d := s[0], s[1], s[2]
		if skip(fmt.Sprint(rows, " ", heads, " ", d)) {
			continue
		}
		n := rows * heads * d
		a := simd.Attention{Q: numbers(n), K: numbers(n), V: numbers(n), Out: make([]float32, n), Heads: heads, Dim: d,
			QRow: heads * d, KRow: heads * d, VRow: heads * d, OutRow: heads * d, Queries: rows, Keys: rows, Scale: 0.1}
		b.compare(fmt.Sprint(rows, " ", heads, " ", d, " full"), 4*float64(n)*float64(rows), contender{"", func() { a.Do(b.p) }})
		if rows%6 == 0 {
			a.Blocks = simd.Windowed(6, rows/6, 1)
			b.compare(fmt.Sprint(rows, " ", heads, " ", d, " window 1 of 6"), 4*float64(n)*float64(rows)*16/36, contender{"", func() { a.Do(b.p) }})
			a.Blocks = simd.AtPixel(6, rows/6, -1)
			b.compare(fmt.Sprint(rows, " ", heads, " ", d, " at pixel, 6"), 4*float64(n)*6, contender{"", func() { a.Do(b.p) }})
		}
	}
}
