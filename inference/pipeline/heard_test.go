package pipeline

import (
	"bytes"
	"testing"

	"kinora/inference"
	"kinora/inference/device/cpu"
)

func TestHeard(t *testing.T) {
	boot := []inference.Instead{{Word: "boot", Taught: "shoe"}}
	for want, w := range map[string]inference.Wording{
		"": {Text: "a shoe"},
		"S was never taught “tea” and leaves it out.":                                                  {Text: "a", Without: []string{"tea"}},
		"S was never taught “tea”, “pot” and leaves them out.":                                         {Text: "a", Without: []string{"tea", "pot"}},
		"S was never taught any of these words; try one of its examples.":                              {Text: " ", Without: []string{"tea"}},
		"S was never taught “tea” and leaves it out; what it draws is a cup.":                          {Text: "a", Without: []string{"tea"}, Draws: "a cup"},
		"S knows other words for these: “boot” → “shoe”.":                                              {Text: "a shoe", Instead: boot},
		"S knows other words for these: “boot” → “shoe”; it was never taught “tea” and leaves it out.": {Text: "a shoe", Instead: boot, Without: []string{"tea"}},
	} {
		if got := heard("S", w); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWeak(t *testing.T) {
	for want, w := range map[string]inference.Wording{
		"":                          {Text: "a shoe"},
		"S often gets “cup” wrong.": {Text: "a cup", Weak: []string{"cup"}},
		"S often gets “cup”, “star” wrong.": {Text: "a cup, a star", Weak: []string{"cup", "star"}},
	} {
		if got := weak("S", w); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A prompt is encoded in the words that the model was taught, the negative one too.
func TestWordingIsEncoded(t *testing.T) {
	dev := cpu.New(cpu.Options{})
	defer dev.Close()
	make := func(s shelf, r inference.Request) []byte {
		t.Helper()
		clip, err := New(dev, s).Generate(t.Context(), r, func(inference.Progress) {})
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Join(clip.Frames, nil)
	}
	r := fish
	r.Guidance = 3
	want := make(tiny(t), r)
	other := r
	other.Prompt, other.Negative = "the carp", "blurred"
	s := tiny(t)
	if bytes.Equal(make(s, other), want) {
		t.Fatal("another prompt makes the same clip")
	}
	s.worded = map[string]string{"the carp": r.Prompt, "blurred": r.Negative}
	if !bytes.Equal(make(s, other), want) {
		t.Error("the prompt was not encoded as it is worded")
	}
}
