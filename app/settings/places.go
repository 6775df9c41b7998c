package settings

import (
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// Places are the folders Kinora uses when the settings name no others.
type Places struct {
	Config string // settings and the configuration file
	Data   string // history
	Clips  string
	Models string
}

// HomeVariable is the environment variable that puts all places under one folder.
const HomeVariable = "KINORA_HOME"

// Locate finds the places by the conventions of the system, or under the folder
// that KINORA_HOME names.
func Locate() (Places, error) {
	if home := os.Getenv(HomeVariable); home != "" {
		return Under(home)
	}
	clips := filepath.Join(xdg.DataHome, "kinora", "clips")
	if xdg.UserDirs.Videos != "" {
		clips = filepath.Join(xdg.UserDirs.Videos, "Kinora")
	}
	return Places{
		Config: filepath.Join(xdg.ConfigHome, "kinora"),
		Data:   filepath.Join(xdg.DataHome, "kinora"),
		Clips:  clips,
		Models: filepath.Join(xdg.DataHome, "kinora", "models"),
	}, nil
}

// Under puts all places under one folder.
func Under(home string) (Places, error) {
	home, err := filepath.Abs(home)
	return Places{
		Config: filepath.Join(home, "config"),
		Data:   filepath.Join(home, "data"),
		Clips:  filepath.Join(home, "clips"),
		Models: filepath.Join(home, "models"),
	}, err
}
