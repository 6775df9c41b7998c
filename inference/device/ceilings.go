package device

// Ceilings are what a device can do at most, as measured on it; what it has not is 0.
type Ceilings struct {
	F32, F16, BF16 float64 // products between registers, operations a second
	Copy           float64 // bytes read and written a second
}

// Speeds are what a device's kernels reach while they fill it, as measured on it:
// operations a second, by kernel.
type Speeds map[string]float64
