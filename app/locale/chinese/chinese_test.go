package chinese

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

func TestTell(t *testing.T) {
	for en, want := range map[string]string{
		"Kinora Starter often gets “cup” wrong.":                   "Kinora Starter 常常画不好“cup”。",
		"Kinora Starter was never taught “tea” and leaves it out.": "Kinora Starter 没有学过“tea”，会略去。",
		"Kinora Starter was never taught “tea” and leaves it out; what it draws is a dog, a cat, a rabbit, a robot or a person; bottles, shoes, phones, cups, watches, bags, headphones, gifts, lamps and shapes; scenes such as planets, a volcano or a bar chart.": "Kinora Starter 没有学过“tea”，会略去；它能画：狗、猫、兔子、机器人、人；瓶子、鞋、手机、杯子、手表、包、耳机、礼盒、台灯和图形；行星、火山、柱状图等场景。",
		"Kinora Starter knows other words for these: “boot” → “shoe”; it was never taught “tea” and leaves it out.":                                                                                                                                                  "Kinora Starter 用学过的词代替：“boot” → “shoe”；没有学过“tea”，会略去。",
		"Kinora Starter was never taught “a”, “b” and 10 more words and leaves them out.":                                                                                                                                                                            "Kinora Starter 没有学过“a”、“b” 等另外 10 个词，会略去。",
		"The negative prompt is too long for Kinora Starter: it reads the first 40 of 144 tokens.":                                                                                                                                                                   "反向提示词对 Kinora Starter 来说太长：只读前 40 个词元，共 144 个。",
		"a.safetensors is by its name a LoRA for few steps: the preset turbo sets its 4 steps, without guidance.":                                                                                                                                                    "从名称看，a.safetensors 是少步数 LoRA：预设 turbo 会设好 4 步且不用引导。",
		"Kinora was never taught “%2” and leaves it out.":                                                                                                                                                                                                            "Kinora 没有学过“%2”，会略去。",

		"invalid request: a size of 100×90; width and height must be multiples of 16, and 96×80 or 112×96 is nearest":                                                                                       "请求无效：尺寸为 100×90；宽和高应为 16 的倍数，最接近的是 96×80 或 112×96",
		"not enough memory: 256×192 with 401 frames needs at least 3.1 GB (VAE decoder), and there is room for 1.0 GB; what fits is 25 frames at this size, or 128×96 with all 401 frames":                  "内存不足：256×192、401 帧至少需要 3.1 GB（VAE 解码器），而可用的有 1.0 GB；放得下的是：此尺寸 25 帧，或 128×96 保持全部 401 帧",
		"invalid request: picture /a/b.png: it is damaged: unexpected EOF":                                                                                                                                  "请求无效：图片 /a/b.png：它已损坏：文件提前结束",
		"invalid request: picture /a/b: it is not a file":                                                                                                                                                   "请求无效：图片 /a/b：它不是文件",
		"cannot take settings from /a/b.txt: it is no MP4, GIF or PNG file":                                                                                                                                 "无法从 /a/b.txt 取得设置：它不是 MP4、GIF 或 PNG 文件",
		"The model in /m cannot be used: /m/dit.safetensors: tensor \"a: b\" twice":                                                                                                                         "/m 中的模型无法使用：/m/dit.safetensors：张量 \"a: b\" 出现两次",
		"encode prompt: load blocks.3.attn.q: the file changed while it was in use; open it again":                                                                                                          "理解提示词：载入 blocks.3.attn.q：文件在使用时被改动，请重新打开",
		"cannot write /home/a/b.mp4: the disk is full; free some space or choose another folder":                                                                                                            "无法写入 /home/a/b.mp4：磁盘已满，请腾出空间或选择其他文件夹",
		"/a/c.yaml cannot be used:\n  line 3: steps: want a whole number from 1 to 200, not \"many\"\n  line 4: unknown key \"x\"":                                                                          "/a/c.yaml 无法使用：\n  第 3 行：steps：应为 1 到 200 的整数，而不是 \"many\"\n  第 4 行：未知的键 \"x\"",
		"no such model: the GPU stopped in an earlier clip (wait for the GPU: CUDA_ERROR_LAUNCH_FAILED) and does not start again for this run of Kinora; close Kinora and start it anew, or choose the CPU": "没有这个模型：GPU 在之前的片段中停止（等待 GPU：CUDA_ERROR_LAUNCH_FAILED），这次运行中无法再启动；请关闭并重新打开 Kinora，或选择 CPU",

		"the clip is made but could not be kept: cannot write /a/b.zip: the disk is full; free some space or choose another folder\ncannot write /a/b.mp4: the disk is full; free some space or choose another folder. Until Kinora is closed it can still be exported to another folder": "片段已生成，但无法保存：无法写入 /a/b.zip：磁盘已满，请腾出空间或选择其他文件夹\n无法写入 /a/b.mp4：磁盘已满，请腾出空间或选择其他文件夹。关闭 Kinora 之前仍可把它导出到其他文件夹",

		"100% of %s %1 stays":         "100% of %s %1 stays",
		"what: nobody: has ever said": "what: nobody: has ever said",
		"":                            "",
	} {
		if got := Tell(en); got != want {
			t.Errorf("%q\nis told as %q\nwant       %q", en, got, want)
		}
	}
	for _, s := range []string{strings.Repeat("line 3: ", 200), strings.Repeat("load: ", 2000), strings.Repeat(": ", 4000)} {
		Tell(s) // ends, and soon
	}
}

// The same values stand on both sides; words may be left out, numbers may not.
func TestValuesStay(t *testing.T) {
	place := regexp.MustCompile(`%(\d+)`)
	n := 0
	Sentences(func(en, zh string) {
		n++
		verbs := verb.FindAllString(strings.ReplaceAll(en, "%%", ""), -1)
		have := map[string]bool{}
		for _, m := range place.FindAllStringSubmatch(zh, -1) {
			have[m[1]] = true
		}
		for i, v := range verbs {
			if at := fmt.Sprint(i + 1); !have[at] && !strings.HasSuffix(v, "s") {
				t.Errorf("%q: value %s is lost in %q", en, at, zh)
			} else {
				delete(have, at)
			}
		}
		if len(have) > 0 {
			t.Errorf("%q has %d values, and %q more", en, len(verbs), zh)
		}
		if !strings.ContainsFunc(zh, han) && !strings.HasSuffix(en, zh) && en != "%w on %s" {
			t.Errorf("%q is %q", en, zh)
		}
	})
	if n < 300 {
		t.Errorf("only %d sentences", n)
	}
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }
