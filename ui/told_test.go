package ui

import (
	"errors"
	"testing"
)

func TestSentencesAreInTheWindowsLanguage(t *testing.T) {
	for _, c := range []struct {
		in     speech
		en, is string
	}{
		{nil, "not enough memory: no room for weights at all", "Not enough memory: no room for weights at all."},
		{nil, "cannot write /a: it is a folder; name a file in it!", "Cannot write /a: it is a folder; name a file in it!"},
		{nil, "invalid request: the prompt is empty", "The prompt is empty."},
		{chinese, "invalid request: the picture is empty", "图片是空的。"},
		{chinese, `invalid request: setting "Clips" (clip_folder): want a full path, not "x"`, `设置 “片段”（clip_folder）：应为完整路径，而不是 "x"。`},
		{nil, "  ", "Something went wrong."},
		{chinese, "not enough memory: no room for weights at all", "内存不足：完全没有放权重的空间。"},
		{chinese, "not a sentence of ours", "Not a sentence of ours."},
		{chinese, "不能打开", "不能打开。"},
		{chinese, "", "出了问题。"},
	} {
		if got := c.in.sentence(errors.New(c.en)); got != c.is {
			t.Errorf("%q: %q, want %q", c.en, got, c.is)
		}
	}
}
