package studio

import (
	"errors"
	"slices"
	"strings"

	"kinora/app/fetch/catalogue"
	"kinora/app/library"
)

// A Lack is a denoiser that is there and cannot run, and what it lacks.
type Lack struct {
	Path  string           `json:"path"`
	Parts []catalogue.Part `json:"parts"`
}

// Missing lists the models that are there in part.
func (s *Studio) Missing() (list []Lack) {
	e, release, err := s.hold()
	if err != nil {
		return nil
	}
	defer release()
	f, ok := e.(interface{ Faults() map[string]error })
	if !ok {
		return nil
	}
	for path, err := range f.Faults() {
		if l := (*library.Lacking)(nil); errors.As(err, &l) {
			lack := Lack{Path: path}
			for _, p := range l.Parts {
				lack.Parts = append(lack.Parts, catalogue.Part(p))
			}
			list = append(list, lack)
		}
	}
	slices.SortFunc(list, func(a, b Lack) int { return strings.Compare(a.Path, b.Path) })
	return list
}
