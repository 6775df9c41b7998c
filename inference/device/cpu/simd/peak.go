package simd

// Peak multiplies and adds between registers on the calling thread and returns
// how many operations that was: what every other rate is measured against.
func (p *Pool) Peak(rounds int) (operations float64) {
	if p.set == nil {
		s := [4]float32{1, 2, 3, 4}
		for range rounds {
			for j := range s {
				s[j] = s[j]*0.999 + 0.5
			}
		}
		return 8*float64(rounds) + 0*float64(s[0]+s[1]+s[2]+s[3])
	}
	return p.tiles.Peak(rounds)
}
