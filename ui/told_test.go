package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestToldInChinese(t *testing.T) {
	for en, want := range map[string]string{
		"Kinora Starter was never taught “tea” and will leave it out or guess.":                                   "Kinora Starter 没有学过“tea”，会略去或猜测。",
		"Kinora Starter was never taught “a”, “b” and 10 more words and will leave them out or guess.":            "Kinora Starter 没有学过“a”, “b” 等另外 10 个词，会略去或猜测。",
		"The prompt is too long for Kinora Starter: it reads the first 40 of 144 tokens.":                         "提示词对 Kinora Starter 来说太长：只读前 40 个词元，共 144 个。",
		"The negative prompt is too long for Kinora Starter: it reads the first 40 of 144 tokens.":                "反向提示词对 Kinora Starter 来说太长：只读前 40 个词元，共 144 个。",
		"The clip is made at 256×192 to keep the picture's shape.":                                                "为保持图片的形状，片段按 256×192 生成。",
		"Control characters in the prompt are left out.":                                                          "提示词中的控制字符会被略去。",
		"a.safetensors is by its name a LoRA for few steps: the preset turbo sets its 4 steps, without guidance.": "从名称看，a.safetensors 是少步数 LoRA：预设 turbo 会设好 4 步且不用引导。",
		"Kinora was closed before this clip was finished":                                                         "这个片段完成之前 Kinora 就关闭了",
		"Kinora was never taught “%2” and will leave it out or guess.":                                            "Kinora 没有学过“%2”，会略去或猜测。",
		"100% of %s %1 stays": "100% of %s %1 stays",
		"":                    "",
	} {
		if got := chinese.told(en); got != want {
			t.Errorf("%q\nis told as %q\nwant       %q", en, got, want)
		}
		if got := speech(nil).told(en); got != en {
			t.Errorf("in English %q is told as %q", en, got)
		}
	}
}

// What is translated is what is told: every sentence stands in the studio or the engine
// as it stands in the table.
func TestToldIsWhatIsTold(t *testing.T) {
	var source strings.Builder
	for _, pattern := range []string{"../app/*/*.go", "../inference/pipeline/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(b)
		}
	}
	words := strings.ReplaceAll(source.String(), `" and %d more words"`, `"%s and %d more words"`) // it is put behind
	for _, told := range chineseTold {
		if !strings.Contains(words, `"`+told[0]+`"`) {
			t.Errorf("nobody says %q", told[0])
		}
	}
}
