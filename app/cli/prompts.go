package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"kinora/app/studio"
	"kinora/inference"
)

// A file of prompts is a list that someone wrote by hand.
const (
	promptBytes = 1 << 20
	promptLines = 1000
)

// readPrompts reads one prompt a line. Empty lines, and those that begin with #, are
// passed over; "-" is standard input.
func readPrompts(path string, in io.Reader) ([]string, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, usage("--prompts: %v", err)
		}
		defer f.Close()
		in = f
	}
	lines, all := bufio.NewScanner(io.LimitReader(in, promptBytes+1)), []string(nil)
	lines.Buffer(nil, promptBytes+2)
	size := 0
	for n := 1; lines.Scan(); n++ {
		size += len(lines.Bytes()) + 1
		if !utf8.Valid(lines.Bytes()) {
			return nil, usage("--prompts %s, line %d: not UTF-8 text", path, n)
		}
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, usage("--prompts %s: %v", path, err)
	}
	switch {
	case size > promptBytes+1 || len(all) > promptLines:
		return nil, usage("--prompts %s: want at most %d prompts in at most 1 MB", path, promptLines)
	case len(all) == 0:
		return nil, usage("--prompts %s: there is no prompt in it", path)
	}
	return all, nil
}

// A take is a clip to be made, and where it goes.
type take struct {
	order studio.Order
	out   string
}

// takes are the clips that the flags ask for: one, or one for each line of --prompts,
// alike in all but the prompt, the seed included, so that they can be compared.
func (a *ask) takes(s *studio.Studio, in io.Reader) ([]take, error) {
	o, err := a.order(s)
	if err != nil || !a.given["prompts"] {
		return []take{{o, a.out}}, err
	}
	prompts, err := readPrompts(a.prompts, in)
	if err != nil {
		return nil, err
	}
	all := make([]take, len(prompts))
	for i, p := range prompts {
		all[i] = take{o, numbered(a.out, i+1, len(prompts))}
		all[i].order.Prompt = p
		if _, _, err := s.Check(all[i].order.Request); err != nil {
			return nil, &plain{fmt.Sprintf("prompt %d, %q: %s", i+1, brief(p), sentence(err)), err}
		}
	}
	return all, nil
}

// numbered puts a number before the ending of a name: ad.mp4 becomes ad-03.mp4, and
// the folder frames/ becomes frames-03/.
func numbered(out string, n, of int) string {
	if out == "" {
		return ""
	}
	slash := ""
	if last := len(out) - 1; os.IsPathSeparator(out[last]) {
		slash = out[last:]
		out = strings.TrimRightFunc(out, func(r rune) bool { return r < 128 && os.IsPathSeparator(uint8(r)) })
	}
	ext := filepath.Ext(out)
	return fmt.Sprintf("%s-%0*d%s%s", strings.TrimSuffix(out, ext), max(2, len(fmt.Sprint(of))), n, ext, slash)
}

// brief is the beginning of a prompt.
func brief(p string) string {
	if r := []rune(p); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return p
}

// title says which of several clips comes now.
func title(n, of int, r inference.Request) string {
	return fmt.Sprintf("%d of %d: %s", n, of, brief(r.Prompt))
}
