package ui

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// chineseTold is what the studio and the engine tell, in Chinese: their sentences come
// ready-made in English. Values are those of the English words, by their place.
var chineseTold = [][2]string{
	{"%s was never taught %s and will leave %s out or guess.", "%1 没有学过%2，会略去或猜测。"},
	{"%s and %d more words", "%1 等另外 %2 个词"},
	{"The %s is too long for %s: it reads the first %d of %d tokens.", "%1对 %2 来说太长：只读前 %3 个词元，共 %4 个。"},
	{"The clip is made at %d×%d to keep the picture's shape.", "为保持图片的形状，片段按 %1×%2 生成。"},
	{"Control characters in the %s are left out.", "%1中的控制字符会被略去。"},
	{"%s is by its name a LoRA for few steps: the preset %s sets its %d steps, without guidance.", "从名称看，%1 是少步数 LoRA：预设 %2 会设好 %3 步且不用引导。"},
	{"Kinora was closed before this clip was finished", "这个片段完成之前 Kinora 就关闭了"},
	{"negative prompt", "反向提示词"},
	{"prompt", "提示词"},
}

var toldPatterns = sync.OnceValue(func() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, t := range chineseTold {
		p := strings.NewReplacer("%s", "(.+?)", "%d", `(\d+)`).Replace(regexp.QuoteMeta(t[0]))
		all = append(all, regexp.MustCompile("^(?s:"+p+")$"))
	}
	return all
})

// told says in the reader's language what came as an English sentence; what is not
// known stays as it is.
func (s speech) told(en string) string {
	if s == nil {
		return en
	}
	for i, p := range toldPatterns() {
		if m := p.FindStringSubmatch(en); m != nil {
			var values []string
			for n, v := range m[1:] {
				values = append(values, fmt.Sprintf("%%%d", n+1), s.told(v))
			}
			return strings.NewReplacer(values...).Replace(chineseTold[i][1])
		}
	}
	return en
}
