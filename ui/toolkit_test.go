package ui

import (
	"testing"

	"fyne.io/fyne/v2/lang"

	"kinora/app/studio"
)

// What the toolkit says follows the window's language, not the system's.
func TestToolkitSpeaksTheWindowsLanguage(t *testing.T) {
	f := newFake()
	r := newRig(t, f)
	for _, c := range []struct{ language, open, parent string }{{"en", "Open", "Parent"}, {"zh", "打开", "上级文件夹"}, {"en", "Open", "Parent"}} {
		v := f.Settings()
		v.Language = c.language
		f.SetSettings(v)
		r.event(studio.Event{Topic: studio.SettingsChanged})
		r.settle()
		if open, parent := lang.L("Open"), lang.X("file.parent", "?"); open != c.open || parent != c.parent {
			t.Errorf("%s: %q and %q", c.language, open, parent)
		}
	}
}
