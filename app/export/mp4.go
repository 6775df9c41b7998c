package export

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/Eyevinn/mp4ff/mp4"
)

// mp4Writer encodes frames as they come and writes the file at Close, since the
// table of contents comes first: a player can then start before it has all.
type mp4Writer struct {
	w       io.Writer
	h       Head
	enc     *h264
	samples []sample
	bytes   uint64
}

func newMP4(w io.Writer, h Head) (Writer, error) {
	if _, err := h.Recipe.marshal(); err != nil {
		return nil, err
	}
	enc, err := newH264(h.Width, h.Height, h.FPS)
	if err != nil {
		return nil, err
	}
	return &mp4Writer{w: w, h: h, enc: enc}, nil
}

func (m *mp4Writer) Frame(rgb []byte) error {
	s, err := m.enc.frame(rgb)
	return m.add(s, err)
}

func (m *mp4Writer) add(s sample, err error) error {
	if err != nil || s.data == nil {
		return err
	}
	m.bytes += uint64(len(s.data))
	if m.bytes > math.MaxUint32-1<<24 {
		return errors.New("the video would be larger than 4 GB; make it shorter or smaller")
	}
	m.samples = append(m.samples, s)
	return nil
}

func (m *mp4Writer) Abort() {
	if m.enc != nil {
		m.enc.close()
		m.enc = nil
	}
}

func (m *mp4Writer) Close() error {
	defer m.Abort()
	for {
		s, more, err := m.enc.flush()
		if err := m.add(s, err); err != nil {
			return err
		}
		if !more {
			break
		}
	}
	recipe, err := m.h.Recipe.marshal()
	if err != nil {
		return err
	}
	moov, err := m.moov()
	if err != nil {
		return err
	}
	moov.AddChild(udta(recipe, "Kinora "+m.h.Recipe.Kinora))
	ftyp := mp4.NewFtyp("isom", 0x200, []string{"isom", "iso2", "avc1", "mp41"})
	moov.Trak.Mdia.Minf.Stbl.Stco.ChunkOffset = []uint32{uint32(ftyp.Size() + moov.Size() + 8)}
	for _, b := range []mp4.Box{ftyp, moov} {
		if err := b.Encode(m.w); err != nil {
			return err
		}
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(m.bytes+8))
	if _, err := m.w.Write(append(header, "mdat"...)); err != nil {
		return err
	}
	for _, s := range m.samples {
		if _, err := m.w.Write(s.data); err != nil {
			return err
		}
	}
	return nil
}

// unit is how many ticks a frame lasts: enough for players that count coarsely.
const unit = 512

func (m *mp4Writer) moov() (*mp4.MoovBox, error) {
	n := uint32(len(m.samples))
	scale, duration := uint32(m.h.FPS)*unit, uint64(n)*unit
	moov := mp4.NewMoovBox()
	mvhd := mp4.CreateMvhd()
	mvhd.Timescale, mvhd.Duration = scale, duration
	moov.AddChild(mvhd)
	trak := mp4.CreateEmptyTrak(1, scale, "video", "und")
	trak.Tkhd.Duration, trak.Mdia.Mdhd.Duration = duration, duration
	if err := trak.SetAVCDescriptor("avc1", [][]byte{m.enc.sps}, [][]byte{m.enc.pps}, true); err != nil {
		return nil, err
	}
	stbl := trak.Mdia.Minf.Stbl
	stbl.Stsd.AvcX.CompressorName = "Kinora"
	stbl.Stsd.AvcX.AddChild(&mp4.ColrBox{ColorType: "nclx", ColorPrimaries: 1, TransferCharacteristics: 1, MatrixCoefficients: 1})
	stbl.Stts.SampleCount, stbl.Stts.SampleTimeDelta = []uint32{n}, []uint32{unit}
	if err := stbl.Stsc.AddEntry(1, n, 1); err != nil {
		return nil, err
	}
	stbl.Stco.ChunkOffset = []uint32{0}
	stbl.Stsz.SampleNumber = n
	stss := &mp4.StssBox{}
	for i, s := range m.samples {
		stbl.Stsz.SampleSize = append(stbl.Stsz.SampleSize, uint32(len(s.data)))
		if s.key {
			stss.SampleNumber = append(stss.SampleNumber, uint32(i+1))
		}
	}
	stbl.AddChild(stss)
	moov.AddChild(trak)
	return moov, nil
}

// udta holds the recipe as the file's comment, where every tool shows it and
// those that copy files carry it along.
func udta(recipe []byte, tool string) mp4.Box {
	item := func(name, text string) []byte {
		return box(name, box("data", []byte{0, 0, 0, 1, 0, 0, 0, 0}, []byte(text)))
	}
	hdlr := box("hdlr", make([]byte, 8), []byte("mdirappl"), make([]byte, 9))
	meta := box("meta", make([]byte, 4), hdlr, box("ilst", item("\xa9too", tool), item("\xa9cmt", string(recipe))))
	return mp4.CreateUnknownBox("udta", uint64(len(meta)+8), meta)
}

func box(name string, parts ...[]byte) []byte {
	b := append(make([]byte, 4, 64), name...)
	for _, p := range parts {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}
