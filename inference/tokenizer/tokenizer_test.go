package tokenizer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func small(t testing.TB, o Options, more ...Piece) *Tokenizer {
	t.Helper()
	pieces := []Piece{{"<pad>", 0, Control}, {"</s>", 0, Control}, {"<unk>", 0, Unknown}}
	for i, s := range []string{"▁", "▁a", "▁red", "▁dog", "d", "o", "g", "re", "a", ",", "狗", "在"} {
		pieces = append(pieces, Piece{s, -float64(i + 1), Normal})
	}
	tok, err := New(append(pieces, more...), o)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func plain() Options {
	o := Defaults()
	o.Pad, o.EOS = 0, 1
	return o
}

func TestUnknown(t *testing.T) {
	tok := small(t, plain())
	for text, want := range map[string][]string{
		"":                      nil,
		"a red dog":             nil,
		"a blue dog":            {"blue"},
		"a blue, dog, blue red": {"blue"},
		"狗在火星狗":                 {"火星"},
		"狗在x火星, 猫":              {"x", "火星", "猫"},
		"!!":                    {"!!"},
		"(redx) dög":            {"redx", "dög"},
	} {
		if got := tok.Unknown(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPromptIsCutAndEnded(t *testing.T) {
	tok := small(t, plain())
	whole := tok.EncodePrompt("a red dog a red dog", 0)
	if len(whole) != 7 || whole[6] != tok.EOSID() {
		t.Fatalf("whole prompt %v", whole)
	}
	for n := 1; n < 10; n++ {
		got := tok.EncodePrompt("a red dog a red dog", n)
		if len(got) != min(n, 7) || got[len(got)-1] != tok.EOSID() || !slices.Equal(got[:len(got)-1], whole[:len(got)-1]) {
			t.Errorf("cut to %d: %v", n, got)
		}
	}
	if got := tok.EncodePrompt(" \t ", 8); !slices.Equal(got, []int32{3, 2, 1}) { // ▁, unknown tab, end
		t.Errorf("blank prompt: %v", got)
	}
	if got := tok.EncodePrompt("", 8); !slices.Equal(got, []int32{1}) {
		t.Errorf("empty prompt: %v", got)
	}
	o := plain()
	o.EOS = -1
	if got := small(t, o).EncodePrompt("a a a", 2); !slices.Equal(got, []int32{4, 4}) {
		t.Errorf("without an end: %v", got)
	}
}

func TestUnknownConventions(t *testing.T) {
	o := plain()
	o.ByteFallback = true
	var more []Piece
	for b := range 256 {
		more = append(more, Piece{fmt.Sprintf("<0x%02X>", b), 0, Byte})
	}
	withBytes := small(t, o, more...)
	if got := withBytes.Pieces("a ü!"); !slices.Equal(got, []string{"▁a", "▁", "<0xC3>", "<0xBC>", "<0x21>"}) {
		t.Errorf("bytes: %q", got)
	}
	if got := withBytes.Encode("a ü!"); got[3] != got[2]-0xC3+0xBC {
		t.Errorf("bytes: %v", got)
	}
	without := small(t, plain())
	if got := without.Encode("a ü! d"); !slices.Equal(got, []int32{4, 3, 2, 3, 7}) {
		t.Errorf("a run of unknown characters: %v", got)
	}
	if got := without.Encode("a\xff\xfed"); !slices.Equal(got, []int32{4, 2, 7}) {
		t.Errorf("invalid UTF-8: %v", got)
	}
}

func TestUserDefinedPieces(t *testing.T) {
	tok := small(t, plain(), Piece{"reddog", -1000, UserDefined}, Piece{"▁a▁a", 0, Unused})
	if got := tok.Pieces("a reddog a a"); !slices.Equal(got, []string{"▁a", "▁", "reddog", "▁a", "▁a"}) {
		t.Errorf("%q", got)
	}
}

func TestNewRefuses(t *testing.T) {
	unk := Piece{"<unk>", 0, Unknown}
	for want, pieces := range map[string][]Piece{
		"no piece stands for unknown text":        {{"a", 0, Normal}},
		"both piece 0 and piece 1 stand":          {unk, unk},
		`pieces 1 and 3 are the same: "a"`:        {unk, {"a", 0, Normal}, {"b", 0, Normal}, {"a", -1, Normal}},
		`piece 1 "a" has the score NaN`:           {unk, {"a", math.NaN(), Normal}},
		`piece 1 "a" has the unknown kind 9`:      {unk, {"a", 0, 9}},
		`piece 1 "<0xG0>" should spell a byte as`: {unk, {"<0xG0>", 0, Byte}},
	} {
		if _, err := New(pieces, Defaults()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	o := Defaults()
	o.ByteFallback = true
	if _, err := New([]Piece{unk}, o); err == nil || !strings.Contains(err.Error(), "no piece is <0x00>") {
		t.Error(err)
	}
	o = Defaults()
	o.EOS = 1
	if _, err := New([]Piece{unk}, o); err == nil || !strings.Contains(err.Error(), "special id 1 is outside") {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "the file is empty",
		" \n":                               "the file is empty",
		"GGUF\x03\x00":                      "this is a GGUF file",
		"hello":                             "not a SentencePiece model",
		"\x0a\xff\xff":                      "not a SentencePiece model: it is cut off",
		"\x12\x02\x18\x01":                  "it holds no pieces",
		"\x0a\x03\x0a\x01a\x12\x02\x18\x02": "SentencePiece BPE model; only Unigram",
		"{":                                 "cut off",
		"{}":                                "it has no model",
		`{"model":{"type":"BPE","vocab":{"a":1}}}`:                            "it is a BPE model",
		`{"model":{"type":"Unigram","vocab":[]}}`:                             "the vocabulary is empty",
		`{"model":{"type":"Unigram","vocab":[["a",-1]]}}`:                     "unk_id is missing",
		`{"model":{"unk_id":1,"vocab":[["a",-1]]}}`:                           "unk_id 1 is outside",
		`{"model":{"unk_id":0,"vocab":[["a"]]}}`:                              "in place of",
		`{"model":{"unk_id":0,"vocab":[["a",-1]`:                              "cut off",
		`{"normalizer":{"type":"Magic"}}`:                                     `normalizer: the step "Magic" is not understood`,
		`{"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAA="}}`: "too short",
		`{"pre_tokenizer":{"type":"ByteLevel"}}`:                              `pre_tokenizer: the step "ByteLevel"`,
		`{"post_processor":{"type":"ByteLevel"}}`:                             "ByteLevel is not understood",
		`{"model":{"unk_id":0,"vocab":[["a",-1]]},"padding":{"pad_id":7}}`:    "special id 7 is outside",
		`{"model":{"unk_id":0,"vocab":[["a",-1]]}} x`:                         "more follows",
	} {
		tok, err := Open([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
		if tok != nil {
			t.Errorf("%.60q: a tokenizer came with the error", text)
		}
	}
}

// Every beginning of a model is refused or, where a field happens to end there,
// understood; nothing panics.
func TestTruncatedModels(t *testing.T) {
	model, _ := os.ReadFile(filepath.Join("..", "testdata", "golden", "tokenizer.model"))
	if len(model) == 0 {
		t.Fatal("no model")
	}
	for n := 0; n < len(model); n += 1 + n/50 {
		Open(model[:n])
	}
	damaged := slices.Clone(model)
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		i := r.IntN(len(damaged))
		old := damaged[i]
		damaged[i] = byte(r.Uint32())
		if tok, err := Open(damaged); err == nil {
			tok.Encode("Ａ dog ﬁne é\u0301 ㍿")
		}
		damaged[i] = old
	}
}

func TestLongPrompts(t *testing.T) {
	tok := small(t, plain())
	for _, s := range []string{strings.Repeat("a", 100_000), strings.Repeat("狗", 40_000), strings.Repeat(" ", 100_000),
		strings.Repeat("\x00\x7f", 50_000), strings.Repeat("\xf0", 100_000), strings.Repeat("e\u0301", 40_000)} {
		if got := tok.EncodePrompt(s, 512); len(got) > 512 || got[len(got)-1] != 1 {
			t.Errorf("%.10q…: %d ids", s, len(got))
		}
		tok.Unknown(s)
	}
}
