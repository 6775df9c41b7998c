package export

// Coefficients of BT.709, studio range, in 1/65536.
const (
	yr, yg, yb = 11966, 40254, 4064
	ur, ug, ub = -6596, -22189, 28785
	vr, vg, vb = 28785, -26145, -2640
)

// A plane is 8-bit samples, row by row.
type plane struct {
	pix    []byte
	stride int
}

// toYUV converts RGB to planes of even size: the last column and row are repeated
// where the size is odd. Chroma is the mean of two by two pixels.
func toYUV(rgb []byte, width, height int, y, u, v plane) {
	for j := 0; j < height; j += 2 {
		j1 := min(j+1, height-1)
		for i := 0; i < width; i += 2 {
			i1 := min(i+1, width-1)
			var sr, sg, sb int
			for k, at := range [4]int{j*width + i, j*width + i1, j1*width + i, j1*width + i1} {
				r, g, b := int(rgb[3*at]), int(rgb[3*at+1]), int(rgb[3*at+2])
				sr, sg, sb = sr+r, sg+g, sb+b
				y.pix[(j+k>>1)*y.stride+i+k&1] = byte((yr*r + yg*g + yb*b + 16<<16 + 1<<15) >> 16)
			}
			at := j/2*u.stride + i/2
			u.pix[at] = byte((ur*sr + ug*sg + ub*sb + 512<<16 + 1<<17) >> 18)
			v.pix[j/2*v.stride+i/2] = byte((vr*sr + vg*sg + vb*sb + 512<<16 + 1<<17) >> 18)
		}
	}
}
