package library

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"kinora/assets"
	"kinora/inference"
)

var little = newLexicon(manifest{Words: map[string][]string{
	"en": {"a", "an", "the", "red", "fish", "orange", "cup", "cups", "beach", "at", "on", "swims", "to the left", "bar chart", "two", "with", "Moon", "moon"},
	"zh": {"红色", "鱼", "的", "在", "海滩上", "一条"},
}, Instead: map[string]map[string]string{
	"en": {"seaside": "beach", "mug": "cup", "mugs": "cups", "graph": "bar chart", "2": "two", "very": "", "salmon": "fish"},
	"zh": {"海边": "海滩上", "朱红": "红色", "请": ""},
}, Subjects: map[string][]string{"en": {"fish", "cup", "bar"}, "zh": {"鱼"}}, Weak: map[string][]string{"en": {"cup"}, "zh": {"红色"}}, Draws: "fishes and cups"})

func TestWordsThatSeldomComeOut(t *testing.T) {
	for prompt, want := range map[string]string{
		"a red fish": "", "a cup": "cup", "a CUP, a cup and two cups": "cup cups", "a cute mug": "cup", "one fish's cup": "cup",
		"一条红色的鱼": "红色", "朱红的鱼": "红色", "": "",
	} {
		if got := strings.Join(little.wording(prompt).Weak, " "); got != want {
			t.Errorf("%q: %q, want %q", prompt, got, want)
		}
	}
}

func TestTheBuiltInModelKnowsItsWeakWords(t *testing.T) {
	l, err := New(assets.Starter())
	if err != nil {
		t.Fatal(err)
	}
	for prompt, want := range map[string]string{
		"a red disc in a room": "disc", "Water molecules in steam": "steam", "two circles": "circles", "a star moving in a circle": "", "a circle that moves in a circle": "circle", "A dog flying in circles quickly": "quickly", "a red ball bouncing": "", "water molecules in ice": "",
		"a cat running quickly": "running quickly", "a bottle spins, the camera zooms in": "spins zooms", "a camera": "", "旋转的瓶子，镜头拉远": "旋转 镜头拉远", "快速移动": "快速",
		"房间里有一个蓝色的圆盘": "圆盘", "水蒸气中的水分子": "水蒸气中的水分子", "弹跳的小球": "",
	} {
		if got := strings.Join(l.Wording("starter", prompt).Weak, " "); got != want {
			t.Errorf("%q: %q, want %q", prompt, got, want)
		}
	}
}

func TestWording(t *testing.T) {
	for prompt, want := range map[string]string{
		// taught words stay as they are written
		"A red fish swims to the left!": "A red fish swims to the left!",
		"on the Moon. The moon":         "on the Moon. The moon",
		"the  fish's   cup":             "the  fish's   cup",
		"":                              "",
		"!!! … 🎉":                       "!!! … 🎉",
		"红色的鱼":                          "红色的鱼",
		// but for capitals
		"A RED FISH SWIMS ON THE MOON": "A red fish swims on the moon |",
		"A Red Fish's Cup on the MOON": "A red fish's cup on the moon |",
		"RED fish":                     "red fish |",
		// others are replaced
		"a Mug at the Seaside":       "a cup at the beach | mug=cup seaside=beach",
		"2 red mugs, a red mug":      "two red cups, a red cup | 2=two mugs=cups mug=cup",
		"the salmon's graph":         "the fish bar chart | salmon's=fish graph=bar chart",
		"a very, very red fish":      "a red fish |",
		"请一条朱红的鱼在海边":                 "一条红色的鱼在海滩上 | 朱红=红色 海边=海滩上",
		"a red-hot sea-side seaside": "a red beach | seaside=beach -hot -sea -side",
		// or go, and leave no trace
		"an elegant cup":                      "a cup | -elegant",
		"a cute orange fish":                  "an orange fish | -cute",
		"A cute orange fish":                  "An orange fish | -cute",
		"a fish, highly detailed, 4k":         "a fish | -highly -detailed -4k",
		"a fish, highly detailed, at a beach": "a fish, at a beach | -highly -detailed",
		"shiny fish. shiny!":                  "fish. | -shiny",
		"a fish, cute. A cup":                 "a fish. A cup | -cute",
		"cute, a fish":                        "a fish | -cute",
		"可爱的鱼":                                "鱼 | -可爱",
		"一条漂亮的大鱼在红色的船":                        "一条鱼在红色的 | -漂亮 -大 -船",
		"a RED 大象 fish":                       "a red fish | -大象",
		"ｓｈｉｎｙ ｒｅｄ fish":                      "red fish | -shiny",
		"zibble zabble":                       " | -zibble -zabble",
		"大象":                                  " | -大象",
	} {
		w := little.wording(prompt)
		var told []string
		for _, in := range w.Instead {
			told = append(told, in.Word+"="+in.Taught)
		}
		for _, s := range w.Without {
			told = append(told, "-"+s)
		}
		got := w.Text
		if got != prompt || told != nil {
			got = strings.TrimRight(fmt.Sprintf("%s | %s", w.Text, strings.Join(told, " ")), " ")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", prompt, got, want)
		}
	}
	if got := (lexicon{}).wording("a zibble"); got.Text != "a zibble" || got.Without != nil {
		t.Errorf("a model that says nothing of its words: %+v", got)
	}
}

func TestWordingNamesNothing(t *testing.T) {
	for prompt, nothing := range map[string]bool{
		"a zibble at the beach": true, "a shiny fish": false, "zibble mugs": false, "在海滩上的大象": true, "大鱼": false,
		"zibble": true, "at the beach": false, "the fish's zibble": false, "a zibble graph": false,
	} {
		if w := little.wording(prompt); (w.Draws == "fishes and cups") != nothing || !nothing && w.Draws != "" {
			t.Errorf("%q: %+v", prompt, w)
		}
	}
}

// What stands for something else must be taught itself, and examples must stand as they are.
func TestStarterWords(t *testing.T) {
	l, err := New(assets.Starter())
	if err != nil {
		t.Fatal(err)
	}
	it, _ := l.find("starter")
	if len(it.Instead["en"]) < 100 || len(it.Instead["zh"]) < 100 {
		t.Fatalf("%d and %d words", len(it.Instead["en"]), len(it.Instead["zh"]))
	}
	for language, table := range it.Instead {
		for word, to := range table {
			if w := it.words.wording(to); w.Text != to {
				t.Errorf("%s: %q stands for %q, of which the model knows %+v", language, to, word, w)
			}
			if w := it.words.wording(word); w.Text != to {
				t.Errorf("%s: %q becomes %+v, want %q", language, word, w, to)
			}
		}
	}
	for situation, list := range it.Examples {
		for _, e := range list {
			for _, prompt := range []string{e.English, e.Chinese} {
				if w := l.Wording("starter", prompt); w.Text != prompt {
					t.Errorf("%s: %q becomes %+v", situation, prompt, w)
				}
			}
		}
	}
	if w := l.Wording("starter", "a bird flies over the sea"); !strings.Contains(w.Draws, "rabbit") {
		t.Errorf("%+v", w)
	}
	for prompt, want := range map[string]string{
		"A cute kitten in shiny sneakers is dancing at the seaside, highly detailed, 4k": "A kitten in sneakers is dancing at the beach",
		"a scarlet backpack twirls slowly":                                               "a red bag spins slowly",
		"two teachers wave in a classroom":                                               "two person wave in a room",
		"一只可爱的小狐狸在公园里跑着":                                                                 "一只小狗在草地上奔跑",
	} {
		if w := l.Wording("starter", prompt); w.Text != want {
			t.Errorf("%q becomes %+v, want %q", prompt, w, want)
		}
	}
	if w := l.Wording("nobody", "a zibble"); w.Text != "a zibble" {
		t.Errorf("a model that is not there: %+v", w)
	}
}

func FuzzWording(f *testing.F) {
	for _, s := range []string{"a mug, very", "请一条朱红的鱼", "a-b--c 's", "\xff’-", "A", "an 🎉 a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, prompt string) {
		w := little.wording(prompt)
		if again := little.wording(w.Text); again.Text != w.Text || again.Without != nil || again.Instead != nil {
			t.Errorf("%q becomes %q, and that %+v", prompt, w.Text, again)
		}
		if len(w.Instead)+len(w.Without) == 0 && len(w.Text) > 4*len(prompt)+8 {
			t.Errorf("%q grows to %q", prompt, w.Text)
		}
	})
}

func TestManifestInstead(t *testing.T) {
	text := strings.Replace(tinyManifest, `"words"`, `"instead":{"en":{"carp":"fish"}},"words"`, 1)
	l, err := New(fstest.MapFS{"model.json": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	want := inference.Wording{Text: "a red fish", Instead: []inference.Instead{{Word: "carp", Taught: "fish"}}}
	if got := l.Wording("starter", "a red carp"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
