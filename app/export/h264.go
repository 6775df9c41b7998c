package export

import (
	"errors"
	"unsafe"

	"github.com/Eyevinn/mp4ff/avc"
	"github.com/gen2brain/x264-go/x264c"
)

// An h264 encodes frames to length-prefixed access units, one a frame and in
// order: without B-frames a file needs neither edit list nor composition times,
// which some players get wrong.
type h264 struct {
	enc           *x264c.T
	pic           *x264c.Picture // on its own: C may only see memory without Go pointers
	nals          []*x264c.Nal
	sps, pps      []byte
	width, height int // of the frames that come in
	pts           int64
}

// A sample is one encoded frame.
type sample struct {
	data []byte
	key  bool
}

// encoderThreads is a number of its own, not that of the cores, because the
// encoded bytes depend on it.
const encoderThreads = 4

func newH264(width, height, fps int) (*h264, error) {
	var p x264c.Param
	// "medium" takes 1.7 to 2.3 times as long, for one or two tenths of a decibel.
	if x264c.ParamDefaultPreset(&p, "faster", "") < 0 {
		return nil, errors.New("H.264: unknown preset")
	}
	even := func(n int) int32 { return int32(n + n&1) }
	p.IWidth, p.IHeight, p.ICsp, p.IBitdepth = even(width), even(height), x264c.CspI420, 8
	p.IFpsNum, p.IFpsDen, p.BVfrInput = uint32(fps), 1, 0
	p.ITimebaseNum, p.ITimebaseDen = 1, uint32(fps)
	p.IThreads, p.BDeterministic, p.ILogLevel = encoderThreads, 1, -1
	p.IBframe, p.BOpenGop, p.IKeyintMax = 0, 0, int32(2*fps)
	p.BAnnexb, p.BRepeatHeaders = 0, 0
	p.Rc.IRcMethod, p.Rc.FRfConstant = x264c.RcCrf, 18
	p.Vui.IColorprim, p.Vui.ITransfer, p.Vui.IColmatrix, p.Vui.BFullrange = 1, 1, 1, 0
	if x264c.ParamApplyProfile(&p, "high") < 0 {
		return nil, errors.New("H.264: unknown profile")
	}
	e := &h264{pic: new(x264c.Picture), width: width, height: height, nals: make([]*x264c.Nal, 1)}
	if e.enc = x264c.EncoderOpen(&p); e.enc == nil {
		return nil, errors.New("H.264: the encoder does not take this size")
	}
	var n int32
	size := x264c.EncoderHeaders(e.enc, e.nals, &n)
	if size <= 0 || x264c.PictureAlloc(e.pic, x264c.CspI420, p.IWidth, p.IHeight) < 0 {
		x264c.EncoderClose(e.enc)
		return nil, errors.New("H.264: the encoder does not start")
	}
	for _, nal := range split(e.bytes(size)) {
		switch avc.GetNaluType(nal[0]) {
		case avc.NALU_SPS:
			e.sps = nal
		case avc.NALU_PPS:
			e.pps = nal
		}
	}
	return e, nil
}

// frame takes one frame in and returns the one that became ready, if any.
func (e *h264) frame(rgb []byte) (sample, error) {
	im := &e.pic.Img
	h := (e.height + 1) &^ 1
	toYUV(rgb, e.width, e.height, view(im, 0, h), view(im, 1, h/2), view(im, 2, h/2))
	e.pic.IPts, e.pic.IType = e.pts, 0
	e.pts++
	return e.encode(e.pic)
}

// flush returns the next of the frames that the encoder still holds.
func (e *h264) flush() (s sample, more bool, err error) {
	if x264c.EncoderDelayedFrames(e.enc) == 0 {
		return sample{}, false, nil
	}
	s, err = e.encode(nil)
	return s, true, err
}

func (e *h264) encode(in *x264c.Picture) (sample, error) {
	var n int32
	var out x264c.Picture
	size := x264c.EncoderEncode(e.enc, e.nals, &n, in, &out)
	if size < 0 {
		return sample{}, errors.New("H.264: a frame could not be encoded")
	}
	if size == 0 {
		return sample{}, nil
	}
	return sample{e.bytes(size), out.BKeyframe != 0}, nil
}

func (e *h264) close() {
	x264c.EncoderClose(e.enc)
	x264c.PictureClean(e.pic)
}

// bytes copies what the encoder made last: its NAL units lie one after another.
func (e *h264) bytes(size int32) []byte {
	return append([]byte(nil), unsafe.Slice((*byte)(e.nals[0].PPayload), size)...)
}

func view(im *x264c.Image, i, rows int) plane {
	stride := int(im.IStride[i])
	return plane{unsafe.Slice((*byte)(im.Plane[i]), stride*rows), stride}
}

func split(units []byte) [][]byte {
	nals, err := avc.GetNalusFromSample(units)
	if err != nil {
		return nil
	}
	return nals
}
