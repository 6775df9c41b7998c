package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"kinora/app/studio"
	"kinora/assets"
	"kinora/ui"
)

// openWindow shows the window and returns when it is closed.
func openWindow(s *studio.Studio) error {
	app.SetMetadata(fyne.AppMetadata{
		ID: appID, Name: appName, Version: version, Build: build,
		Icon: fyne.NewStaticResource("icon.png", assets.Icon),
	})
	ui.New(app.NewWithID(appID), s, ui.Meta{Version: version, Device: s.Settings().Device}).ShowAndRun()
	return nil
}
