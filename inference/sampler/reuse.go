package sampler

// Reuse decides when the model need not be asked, because what it would say can be
// told from what it said: the rule of EasyCache (Zhou et al. 2025), which looks at
// nothing but the latents and so needs no calibration for a model. The velocity
// changes in proportion to how far the latent moves, and that proportion changes
// slowly; the changes that are foretold are added up, and when they come to Limit
// the model is asked again. testdata/reuse.txt compares it with others.
type Reuse struct {
	Limit float64 // relative change of the velocity that is let pass; 0: none
	rate  float64 // change of the velocity for each unit that the latent moves
	sum   float64 // foretold since the model was last asked
	asked int
}

// warm is the share of a walk that the model is asked for in any case: what a clip
// shows is settled there.
const warm = 0.2

// Trust is how much of the last change of the velocity is thought to go on while the
// model is not asked: none of it lags behind, all of it overshoots.
const Trust = 0.5

// Skip reports whether call i of n may do without the model: moved is how far the
// latent has come since the call before, size the norm of the velocity there.
func (r *Reuse) Skip(i, n int, moved, size float64) bool {
	if r.Limit <= 0 || r.asked < 2 || float64(i) < warm*float64(n) || i >= n-1 || !(size > 0) {
		return false
	}
	r.sum += r.rate * moved / size
	return r.sum < r.Limit
}

// Asked notes what the model said: how far the latent and the velocity have moved
// since the call before.
func (r *Reuse) Asked(moved, changed float64) {
	if r.asked++; moved > 0 {
		r.rate = changed / moved
	}
	r.sum = 0
}
