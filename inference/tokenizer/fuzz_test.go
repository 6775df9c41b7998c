package tokenizer

import (
	"testing"
	"unicode/utf8"

	"kinora/inference/golden"
)

func check(t *testing.T, tok *Tokenizer, text string) {
	ids, pieces := tok.Encode(text), tok.Pieces(text)
	if len(ids) != len(pieces) {
		t.Fatalf("%q: %d ids, %d pieces", text, len(ids), len(pieces))
	}
	for i, id := range ids {
		if id < 0 || int(id) >= tok.Size() {
			t.Fatalf("%q: id %d of %d", text, id, tok.Size())
		}
		if utf8.ValidString(text) && !utf8.ValidString(pieces[i]) {
			t.Fatalf("%q: piece %q", text, pieces[i])
		}
	}
	tok.Unknown(text)
}

func FuzzEncode(f *testing.F) {
	golden.Own(f)
	a, set := openGolden(f, "tokenizer")
	b, _ := openGolden(f, "tokenizer_b")
	for _, c := range set.Cases {
		f.Add(c.Text)
	}
	f.Add("\xff\xc0\x80▁\x00</s>")
	f.Fuzz(func(t *testing.T, text string) {
		check(t, a, text)
		check(t, b, text)
	})
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("\x0a\x03\x0a\x01a\x0a\x09\x0a\x05<unk>\x18\x02"))
	f.Add([]byte(`{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}]},` +
		`"pre_tokenizer":{"type":"Metaspace","replacement":"▁"},"added_tokens":[{"id":9,"content":"<x>","lstrip":true}],` +
		`"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["a",-1.5e0],["\u2581",-2]]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if tok, err := Open(data); err == nil {
			if tok.Size() < 1 {
				t.Fatal("a tokenizer without ids")
			}
			tok.EncodePrompt("a  <x> é狗\xff", 5)
		}
	})
}

func FuzzCharsmap(f *testing.F) {
	f.Add([]byte("\x04\x00\x00\x00\x00\x00\x00\x00a\x00"), "abc")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		c, err := newCharsmap(data)
		if err != nil {
			return
		}
		for _, longest := range []bool{false, true} {
			if _, n := c.match(text, longest); n > len(text) {
				t.Fatal("matched more than there is")
			}
		}
		c.byGrapheme(text)
	})
}
