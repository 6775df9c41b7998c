package tokenizer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

var errCut = errors.New("it is cut off or damaged")

// A field is one entry of a protocol buffer message.
type field struct {
	number uint64
	value  uint64 // of a number
	data   string // of text, bytes or a message
	text   bool
}

// fields visits the entries of a message.
func fields(msg string, visit func(field) error) error {
	for msg != "" {
		key, n := uvarint(msg)
		if n <= 0 {
			return errCut
		}
		msg = msg[n:]
		f := field{number: key >> 3}
		switch key & 7 {
		case 0:
			if f.value, n = uvarint(msg); n <= 0 {
				return errCut
			}
		case 1:
			if n = 8; len(msg) < n {
				return errCut
			}
			f.value = binary.LittleEndian.Uint64([]byte(msg[:8]))
		case 2:
			size, m := uvarint(msg)
			if m <= 0 || size > uint64(len(msg)-m) {
				return errCut
			}
			f.text, f.data = true, msg[m:m+int(size)]
			n = m + int(size)
		case 5:
			if n = 4; len(msg) < n {
				return errCut
			}
			f.value = uint64(binary.LittleEndian.Uint32([]byte(msg[:4])))
		default:
			return errCut
		}
		msg = msg[n:]
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

func uvarint(s string) (uint64, int) {
	return binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
}

// openModel reads SentencePiece's ModelProto.
func openModel(data []byte) (*Tokenizer, error) {
	var pieces []Piece
	o := Defaults()
	kind, eos, pad := uint64(1), "</s>", "<pad>"
	err := fields(string(data), func(f field) error {
		switch f.number {
		case 1:
			p := Piece{Kind: Normal}
			err := fields(f.data, func(f field) error {
				switch f.number {
				case 1:
					p.Text = f.data
				case 2:
					p.Score = float64(math.Float32frombits(uint32(f.value)))
				case 3:
					p.Kind = Kind(min(f.value, 1<<16))
				}
				return nil
			})
			pieces = append(pieces, p)
			return err
		case 2:
			return fields(f.data, func(f field) error { // TrainerSpec
				switch f.number {
				case 3:
					kind = f.value
				case 24:
					o.SuffixSpace = f.value != 0
				case 35:
					o.ByteFallback = f.value != 0
				case 47:
					eos = f.data
				case 48:
					pad = f.data
				}
				return nil
			})
		case 3:
			return fields(f.data, func(f field) error { // NormalizerSpec
				switch f.number {
				case 2:
					o.Charsmap = []byte(f.data)
				case 3:
					o.Prefix = f.value != 0
				case 4:
					o.TrimSpaces = f.value != 0
				case 5:
					o.EscapeSpaces = f.value != 0
				}
				return nil
			})
		}
		return nil
	})
	if err != nil || len(pieces) == 0 {
		if err == nil {
			err = errors.New("it holds no pieces")
		}
		return nil, fmt.Errorf("tokenizer: this is not a SentencePiece model: %w", err)
	}
	if kind != 1 {
		names := map[uint64]string{2: "BPE ", 3: "word ", 4: "character "}
		return nil, fmt.Errorf("tokenizer: this is a SentencePiece %smodel; only Unigram models are understood",
			names[kind])
	}
	for i, p := range pieces {
		if p.Kind != Control {
			continue
		}
		switch p.Text {
		case eos:
			o.EOS = int32(i)
		case pad:
			o.Pad = int32(i)
		}
	}
	return New(pieces, o)
}
