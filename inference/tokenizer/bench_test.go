package tokenizer

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"kinora/inference/golden"
)

// vocabulary makes a model as large as umt5's.
func vocabulary(n int) []Piece {
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []Piece{{"<pad>", 0, Control}, {"</s>", 0, Control}, {"<s>", 0, Control}, {"<unk>", 0, Unknown}}
	seen := map[string]bool{}
	for len(pieces) < n {
		var b strings.Builder
		if r.IntN(2) == 0 {
			b.WriteString("▁")
		}
		for range 1 + r.IntN(9) {
			if r.IntN(4) == 0 {
				b.WriteRune(rune(0x4e00 + r.IntN(0x3000)))
			} else {
				b.WriteByte("etaoinshrdlucmfw"[min(r.IntN(16), r.IntN(16))])
			}
		}
		if s := b.String(); !seen[s] {
			seen[s] = true
			pieces = append(pieces, Piece{s, -r.Float64() * 15, Normal})
		}
	}
	return pieces
}

func BenchmarkNew256k(b *testing.B) {
	pieces := vocabulary(256_000)
	for b.Loop() {
		if _, err := New(pieces, Defaults()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenJSON256k(b *testing.B) {
	var vocab [][2]any
	for _, p := range vocabulary(256_000) {
		vocab = append(vocab, [2]any{p.Text, p.Score})
	}
	data, err := json.Marshal(map[string]any{"model": map[string]any{"type": "Unigram", "unk_id": 3, "vocab": vocab}})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Open(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	golden.Own(b)
	gold, set := openGolden(b, "tokenizer")
	big, err := New(vocabulary(256_000), Defaults())
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for _, c := range set.Cases {
		text.WriteString(c.Text + " ")
	}
	for name, tok := range map[string]*Tokenizer{"golden": gold, "256k": big} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				tok.Encode(text.String())
			}
		})
	}
}
