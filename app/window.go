package main

import (
	"fmt"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"github.com/go-gl/glfw/v3.3/glfw"

	"kinora/app/studio"
	"kinora/assets"
	"kinora/inference"
	"kinora/ui"
)

// openWindow shows the window and returns when it is closed.
func openWindow(s *studio.Studio) error {
	if err := tryScreen(); err != nil {
		return err
	}
	// The goroutine that draws is never to wait for one that computes.
	runtime.GOMAXPROCS(cores + 2)
	app.SetMetadata(fyne.AppMetadata{
		ID: appID, Name: appName, Version: version, Build: build,
		Icon:       fyne.NewStaticResource("icon.png", assets.Icon),
		Migrations: map[string]bool{"fyneDo": true},
	})
	ui.New(app.NewWithID(appID), s, ui.Meta{Version: version, Device: s.Settings().Device, Screen: screenSize()}).ShowAndRun()
	return nil
}

// screenSize is what a window may take of the screen; zero where that is not told.
func screenSize() fyne.Size {
	m := glfw.GetPrimaryMonitor()
	if m == nil {
		return fyne.Size{}
	}
	_, _, w, h := m.GetWorkarea()
	scale := float32(1)
	if runtime.GOOS == "windows" { // which counts in pixels of the screen; macOS in points, and under X11 the toolkit has rules of its own
		if x, _ := m.GetContentScale(); x > 0 {
			scale = x
		}
	}
	return fyne.NewSize(float32(w)/scale, float32(h)/scale)
}

// tryScreen opens a window that nobody sees. Where that fails the toolkit would
// panic, or wait for ever for a window that never comes.
func tryScreen() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: the display cannot be opened; look at DISPLAY, or make clips with: kinora generate", inference.ErrNoDevice)
		}
	}()
	if err := glfw.Init(); err != nil {
		return fmt.Errorf("%w: the display cannot be opened (%v); look at DISPLAY, or make clips with: kinora generate", inference.ErrNoDevice, err)
	}
	// It stays open: the toolkit goes on with it, and an X server that loses its
	// only client may start over just then.
	glfw.WindowHint(glfw.Visible, glfw.False)
	glfw.WindowHint(glfw.ContextVersionMajor, 2)
	glfw.WindowHint(glfw.ContextVersionMinor, 1)
	w, err := glfw.CreateWindow(64, 64, appName, nil, nil)
	if err != nil {
		return fmt.Errorf("%w: this display has no OpenGL 2.1 (%v); install its driver (on Debian libgl1-mesa-dri), or make clips with: kinora generate", inference.ErrNoDevice, err)
	}
	w.Destroy()
	glfw.DefaultWindowHints()
	return nil
}
