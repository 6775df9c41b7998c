// Package families lists the model families. Adding one is a folder here and a
// line in All.
package families

import (
	"fmt"

	"kinora/inference"
	"kinora/inference/families/wan"
	"kinora/inference/model"
)

// All is every family, in the order they are tried.
var All = []model.Family{
	wan.Family,
}

// Open returns the model a checkpoint holds.
func Open(c model.Checkpoint) (model.Model, error) {
	for _, f := range All {
		if m, ok, err := f.Open(c); ok || err != nil {
			return m, err
		}
	}
	return nil, fmt.Errorf("%s is a checkpoint of no known family: %w", c.Name, inference.ErrNoModel)
}
