package quant

// K-quants: blocks of 256 in groups of 16 or 32, each group with a scale (and an
// offset) in a few bits of its own, all under one or two halves for the block.

func q2K(y []float32, b []byte) {
	scales, qs, d, dmin := b[:16], b[16:80], half(b[80:]), half(b[82:])
	for i := range y {
		s := scales[i/16]
		q := qs[i/128*32+i%32] >> (i / 32 % 4 * 2) & 3
		y[i] = float32(float32(d*float32(s&15))*float32(q)) - dmin*float32(s>>4)
	}
}

func q3K(y []float32, b []byte) {
	high, qs, scales, d := b[:32], b[32:96], b[96:108], half(b[108:])
	for g := range 16 {
		s := int(scales[g%8]>>(4*(g/8))&15) | int(scales[8+g%4]>>(2*(g/4))&3)<<4
		dl := d * float32(s-32)
		for i := 16 * g; i < 16*g+16; i++ {
			q := int(qs[i/128*32+i%32] >> (i / 32 % 4 * 2) & 3)
			if high[i%32]>>(i/32)&1 == 0 {
				q -= 4
			}
			y[i] = dl * float32(q)
		}
	}
}

// scaleMin unpacks the 6-bit scale and offset of group g from twelve bytes: four
// with scales, four with offsets, and four with the lower bits of the rest, whose
// upper two bits top the first eight.
func scaleMin(p []byte, g int) (scale, offset byte) {
	if g < 4 {
		return p[g] & 63, p[g+4] & 63
	}
	return p[g+4]&15 | p[g-4]>>6<<4, p[g+4]>>4 | p[g]>>6<<4
}

func q4K(y []float32, b []byte) {
	d, dmin, scales, qs := half(b), half(b[2:]), b[4:16], b[16:144]
	for g := range 8 {
		s, m := scaleMin(scales, g)
		dl, ml := d*float32(s), dmin*float32(m)
		for i, q := range qs[g/2*32 : g/2*32+32] {
			y[32*g+i] = float32(dl*float32(q>>(g%2*4)&15)) - ml
		}
	}
}

func q5K(y []float32, b []byte) {
	d, dmin, scales, high, qs := half(b), half(b[2:]), b[4:16], b[16:48], b[48:176]
	for g := range 8 {
		s, m := scaleMin(scales, g)
		dl, ml := d*float32(s), dmin*float32(m)
		for i, q := range qs[g/2*32 : g/2*32+32] {
			q = q>>(g%2*4)&15 | high[i]>>g&1<<4
			y[32*g+i] = float32(dl*float32(q)) - ml
		}
	}
}

func q6K(y []float32, b []byte) {
	low, high, scales, d := b[:128], b[128:192], b[192:208], half(b[208:])
	for i := range y {
		n, r := i/128, i%128 // halves of the block
		q := int(low[64*n+r%64]>>(r/64*4)&15) | int(high[32*n+r%32]>>(r/32*2)&3)<<4
		y[i] = float32(d*float32(int8(scales[i/16]))) * float32(q-32)
	}
}
