package bench

// A Card is a GPU that predictions are made for, by its maker's figures.
type Card struct {
	Name   string  `json:"name"`
	TFLOPs float64 `json:"tflops"` // dense bf16 products with sums in f32, at boost clock
	GBs    float64 `json:"gb_s"`   // memory
}

// Cards are GPUs that people play on. GeForce cards do 512 operations a clock and
// processor with sums in f32.
var Cards = []Card{
	{"RTX 3060", 25.5, 360},
	{"RTX 3090", 71.2, 936},
	{"RTX 4060 Ti", 44, 288},
	{"RTX 4090", 165.2, 1008},
	{"RTX 5090", 209.5, 1792},
}

// Good is the share of a card's rate that kernels of this kind are published to
// reach on it; the better prediction supposes that ours do.
const Good = 0.88

// Reached is the share that a pass of the denoiser reached of an H200's own measured
// ceiling at 480×640×17 (kernels/RESULTS.md): what is to be expected of other cards
// as long as nothing better was measured.
const Reached = 0.28

// A Prediction says how long the published TI2V-5B would take on a card. None of it
// was measured.
type Prediction struct {
	Card   string  `json:"card"`
	Clip   string  `json:"clip"`
	Share  float64 `json:"share"` // of the card's rate that is supposed
	Step   float64 `json:"step_s"`
	Decode float64 `json:"decode_s"`
	Whole  float64 `json:"clip_s"` // 20 guided steps, text and decoding
}

// Predict says what each card would take if kernels reached that share of its rate:
// the work of products and attention at that rate, and what must pass through memory
// between them at the memory's.
func Predict(share float64) (list []Prediction) {
	for _, c := range sizes {
		for _, k := range Cards {
			rate, memory := k.TFLOPs*1e12*share, k.GBs*1e9
			p := Prediction{Card: k.Name, Clip: c.name, Share: share}
			p.Step = 2*passFlops(c)/rate + 2*passBytes(c)/memory
			p.Decode = decodeFlops(c)/rate + decodeBytes(c)/memory
			p.Whole = 20*p.Step + p.Decode + textFlops/rate
			list = append(list, p)
		}
	}
	return list
}

// Of the published model: width, feed-forward, blocks, keys of the text.
const dim, wide, depth, textKeys = 3072, 14336, 30, 512

// textFlops is the text encoder's work on a prompt of 77 tokens.
const textFlops = 0.715e12

// passFlops is the work of a pass of the denoiser: products, attention, attention to
// the text. What depends on the prompt alone is done once and left out.
func passFlops(c clip) float64 {
	l := float64(c.tokens())
	return depth * (2*l*(6*dim*dim+2*dim*wide) + 4*dim*l*l + 4*dim*textKeys*l)
}

// passBytes is what passes through memory between products where everything that can
// be is done beside them: 44 bytes for each number of a block's width.
func passBytes(c clip) float64 { return depth * 44 * dim * float64(c.tokens()) }

// decodeFlops is the decoder's work, which goes with pixels and frames: 18.5 million
// operations for each of them.
func decodeFlops(c clip) float64 {
	frames := float64(4*(c.t-1) + 1)
	return 18.45e6 * 256 * float64(c.h*c.w) * frames
}

// decodeBytes is each convolution's input and output, once.
func decodeBytes(c clip) float64 { return 438e9 / 2011e12 * decodeFlops(c) }
