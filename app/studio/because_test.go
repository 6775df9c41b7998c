package studio

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kinora/app/studio/studiotest"
	"kinora/inference"
)

// A lame engine has no models, but a file that could be one.
type lame struct{ studiotest.Engine }

func (*lame) Check(r inference.Request) (inference.Request, []string, error) {
	return r, nil, fmt.Errorf("%w: %q; there are: starter", inference.ErrNoModel, r.Model)
}

func (*lame) Faults() map[string]error {
	return map[string]error{"/m/wan.safetensors": fmt.Errorf("%w: it needs a VAE", inference.ErrNoModel)}
}

// Who asks for a model whose file lies there is told what is wrong with the file.
func TestModelThatCannotBeUsedSaysWhy(t *testing.T) {
	o := options(t.TempDir(), &studiotest.Engine{})
	o.Open = func(EngineOptions) (inference.Engine, error) { return &lame{}, nil }
	s := openTest(t, o)
	for name, want := range map[string]string{
		"wan":   "The model in /m/wan.safetensors cannot be used: it needs a VAE",
		"other": `no such model: "other"; there are: starter`,
	} {
		_, _, err := s.Check(inference.Request{Prompt: "a cat", Model: name})
		if err == nil || err.Error() != want || !errors.Is(err, inference.ErrNoModel) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f := s.Faults(); len(f) != 1 || strings.Contains(f[0], "no such model") {
		t.Errorf("%q", f)
	}
}
