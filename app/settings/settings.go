// Package settings holds what the user chose, in one typed table, and the places
// where Kinora keeps things. Forms are made from the table. It does not know what
// the settings do.
package settings

import "kinora/inference"

// Values are the settings. Their JSON names are the keys of the table.
type Values struct {
	ClipFolder  string            `json:"clip_folder"`
	ModelFolder string            `json:"model_folder"`
	ConfigFile  string            `json:"config_file"`
	Device      string            `json:"device"`  // auto, cpu, cuda
	Threads     int               `json:"threads"` // 0: all cores
	Theme       string            `json:"theme"`   // system, light, dark
	Language    string            `json:"language"`
	Loop        bool              `json:"loop"`
	Last        inference.Request `json:"last"` // what was asked for last: prompt, sliders, sampler, seed
}

// A Kind says how a setting is shown.
type Kind string

// The kinds.
const (
	Folder Kind = "folder"
	File   Kind = "file"
	Choice Kind = "choice"
	Number Kind = "number"
	Flag   Kind = "flag"
)

// An Item is one row of the table.
type Item struct {
	Key, Label, Help string
	Kind             Kind
	Choices          []string // of a Choice
	Min, Max         int      // of a Number
	// Restart tells that a change shows at the next start only.
	Restart bool
}
