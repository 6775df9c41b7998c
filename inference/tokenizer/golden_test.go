package tokenizer

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kinora/inference/golden"
)

type goldenSet struct {
	Special map[string]int32 `json:"special_ids"`
	Size    int              `json:"vocab_size"`
	Cases   []struct {
		Text   string   `json:"text"`
		Pieces []string `json:"pieces"`
		IDs    []int32  `json:"ids"`
	} `json:"cases"`
}

func openGolden(t testing.TB, name string) (*Tokenizer, goldenSet) {
	t.Helper()
	var set goldenSet
	golden.JSON(t, name, &set)
	b, err := os.ReadFile(filepath.Join(golden.Dir(), name+".model"))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Open(b)
	if err != nil {
		t.Fatal(err)
	}
	return tok, set
}

func TestGoldenTokenizer(t *testing.T) {
	for _, name := range []string{"tokenizer", "tokenizer_b"} {
		t.Run(name, func(t *testing.T) {
			tok, set := openGolden(t, name)
			if len(set.Cases) == 0 {
				t.Fatal("no cases")
			}
			for key, id := range map[string]int32{"pad": tok.PadID(), "eos": tok.EOSID(), "unk": tok.UnkID()} {
				if id != set.Special[key] {
					t.Errorf("%s is %d, want %d", key, id, set.Special[key])
				}
			}
			if tok.Size() != set.Size {
				t.Errorf("size %d, want %d", tok.Size(), set.Size)
			}
			for _, c := range set.Cases {
				if got := tok.Pieces(c.Text); !slices.Equal(got, c.Pieces) {
					t.Errorf("pieces of %q:\n%q, want\n%q", c.Text, got, c.Pieces)
				}
				if got := tok.EncodePrompt(c.Text, 0); !slices.Equal(got, c.IDs) {
					t.Errorf("ids of %q:\n%v, want\n%v", c.Text, got, c.IDs)
				}
			}
		})
	}
}
