//go:build !cuda || !(linux || windows)

package driver

import "errors"

// Open says that there is none.
func Open(int) (Driver, error) {
	return nil, errors.New("this build of Kinora has no CUDA support; take the released program, or build with `make build`")
}
