package sampler

// An Algorithm is a sampler as menus show it.
type Algorithm struct {
	Name  string
	Also  string // another spelling people type
	Title string
	Run   func(*Walk) error
	// Schedule gives the noise levels the algorithm is used with.
	Schedule func(steps int, shift float64) Schedule
	// Passes says how often the model is asked in a walk of that many steps.
	Passes func(steps int) int
}

// All lists every algorithm. The first is the default of the published model.
var All = []Algorithm{
	{"unipc", "uni_pc", "UniPC", UniPC, UniPCSchedule, once},
	{"dpm++", "dpmpp", "DPM++ 2M", DPM, DPMSchedule, once},
	{"euler", "", "Euler", Euler, UniPCSchedule, once},
	{"heun", "", "Heun", Heun, UniPCSchedule, twice},
	{"ddim", "", "DDIM", DDIM, UniPCSchedule, once},
	{"plms", "pndm", "PLMS", PLMS, UniPCSchedule, onceMore},
	{"dmd", "", "DMD (few steps)", DMD, FewStepSchedule, once},
}

// Named returns the algorithm called name.
func Named(name string) (Algorithm, bool) {
	for _, a := range All {
		if a.Name == name || a.Also != "" && a.Also == name {
			return a, true
		}
	}
	return Algorithm{}, false
}

func once(steps int) int     { return steps }
func twice(steps int) int    { return 2*steps - 1 }
func onceMore(steps int) int { return steps + min(steps-1, 1) }
