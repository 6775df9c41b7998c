package wan

import "math"

// maxDistance is where T5's position buckets end.
const maxDistance = 128

// bucket returns the bucket of key index minus query index: half of them are for
// later keys, half of a half for exact distances, the rest logarithmic. Source:
// T5RelativeEmbedding._relative_position_bucket.
func bucket(rel, buckets int) int {
	half := buckets / 2
	b := 0
	if rel > 0 {
		b = half
	} else {
		rel = -rel
	}
	exact := half / 2
	if rel < exact {
		return b + rel
	}
	far := math.Log(float64(rel)/float64(exact)) / math.Log(maxDistance/float64(exact)) * float64(half-exact)
	// The reference computes this in float32 and cuts it off; at the edges of the
	// buckets float64 falls a hair short of the whole number.
	return b + min(half-1, exact+int(far+1e-9))
}
