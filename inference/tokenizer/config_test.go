package tokenizer

import (
	"slices"
	"strings"
	"testing"
)

func TestConfigure(t *testing.T) {
	tok := small(t, plain())
	n := int32(tok.Size())
	for _, config := range []string{
		`{"extra_ids": 3, "eos_token": "</s>"}`,
		`{"added_tokens_decoder": {"1": {"content": "</s>"}, "15": {"content": "<extra_id_2>"}, "16": {"content": "<extra_id_1>"}, "17": {"content": "<extra_id_0>"}}}`,
	} {
		with, err := tok.Configure([]byte(config))
		if err != nil {
			t.Fatal(err)
		}
		if got := with.Encode("a<extra_id_0> a <extra_id_2>"); !slices.Equal(got, []int32{4, n + 2, 4, n}) {
			t.Errorf("%s: %v", config, got)
		}
		if with.Size() != int(n)+3 || with.EOSID() != 1 || tok.Size() != int(n) {
			t.Errorf("%s: %d ids, end %d", config, with.Size(), with.EOSID())
		}
		check(t, with, "</s> a dog<extra_id_1>火")
	}
	for config, want := range map[string]string{
		`{`:                 "tokenizer_config.json",
		`{"extra_ids": -1}`: "extra_ids is -1",
		`{"added_tokens_decoder": {"x": {"content": "a"}}}`:           `impossible id "x"`,
		`{"added_tokens_decoder": {"99999999999": {"content": "a"}}}`: "impossible id",
	} {
		if _, err := tok.Configure([]byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}
