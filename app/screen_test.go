package main

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"kinora/assets"
)

// A screen is an X server nobody looks at, with the program's window on it.
type screen struct {
	t       *testing.T
	display string
	home    string
	window  string
	program *exec.Cmd
	said    bytes.Buffer
}

// openScreen builds the program and opens its window, with places of its own.
func openScreen(t *testing.T) *screen {
	t.Helper()
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("drives the real program on a screen of its own")
	}
	for _, tool := range []string{"Xvfb", "xdotool", "import"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed (make test installs it)", tool)
		}
	}
	if _, err := fs.Stat(assets.Starter(), "model.json"); err != nil {
		t.Skip("this build has no model in it")
	}
	s := &screen{t: t, home: t.TempDir()}
	binary := filepath.Join(s.home, "kinora")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	s.startX()
	s.program = exec.Command(binary)
	s.program.Env = append(os.Environ(), "DISPLAY="+s.display, "WAYLAND_DISPLAY=", "KINORA_HOME="+s.home, "LANG=en_US.UTF-8",
		"XDG_CONFIG_HOME="+s.home) // the toolkit keeps a file of its own, which another window may be writing
	s.program.Stderr = &s.said
	if err := s.program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.program.Process.Kill()
		s.program.Wait()
	})
	s.until(time.Minute, "the window opens", func() bool {
		out, _ := s.tool("xdotool", "search", "--onlyvisible", "--pid", fmt.Sprint(s.program.Process.Pid), "--name", "Kinora").Output()
		s.window, _, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
		return s.window != ""
	})
	s.do("xdotool", "windowmove", s.window, "0", "0", "windowfocus", s.window)
	return s
}

// startX starts the server on a display that is free.
func (s *screen) startX() {
	s.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x840x24", "+extension", "GLX", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	if err := x.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		x.Process.Kill()
		x.Wait()
	})
	w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		s.t.Fatalf("Xvfb did not start: %v", err)
	}
	s.display = ":" + strings.TrimSpace(number)
}

func (s *screen) tool(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "DISPLAY="+s.display)
	return c
}

func (s *screen) do(name string, args ...string) {
	s.t.Helper()
	if out, err := s.tool(name, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s %v: %v\n%s\nthe program said: %s", name, args, err, out, &s.said)
	}
}

func (s *screen) until(limit time.Duration, what string, done func() bool) {
	s.t.Helper()
	for end := time.Now().Add(limit); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("waited %v in vain: %s; the program said: %s", limit, what, &s.said)
		}
	}
}

// look is what is on the screen.
func (s *screen) look() image.Image {
	s.t.Helper()
	out, err := s.tool("import", "-window", "root", "png:-").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// moved counts the points of the middle of the screen that differ.
func moved(a, b image.Image) (n int) {
	r := a.Bounds()
	for y := r.Dy() / 5; y < r.Dy()*3/4; y += 4 {
		for x := r.Dx() * 2 / 5; x < r.Dx()*3/5; x += 4 {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}

func (s *screen) clips() []string {
	found, _ := filepath.Glob(filepath.Join(s.home, "clips", "*.mp4"))
	return found
}

// A person types a sentence, presses Ctrl+Enter and watches the clip.
func TestWindowMakesAClip(t *testing.T) {
	s := openScreen(t)
	time.Sleep(2 * time.Second) // the prompt takes the keys once the window is drawn
	before := s.look()
	s.do("xdotool", "type", "--delay", "20", "a red circle moves to the right")
	s.do("xdotool", "key", "ctrl+Return")
	s.until(3*time.Minute, "a clip is made", func() bool { return len(s.clips()) == 1 })
	s.until(20*time.Second, "the clip takes the stage", func() bool { return moved(before, s.look()) > 50 })
	first := s.look()
	s.until(20*time.Second, "the clip plays", func() bool { return moved(first, s.look()) > 0 })

	// In the player Space pauses, and an arrow steps to another frame.
	s.do("xdotool", "mousemove", "640", "400", "click", "1")
	time.Sleep(time.Second)
	still := s.look()
	time.Sleep(500 * time.Millisecond)
	if n := moved(still, s.look()); n != 0 {
		t.Errorf("paused by a click, %d points still move", n)
	}
	s.do("xdotool", "key", "Right")
	s.until(10*time.Second, "the arrow steps on", func() bool { return moved(still, s.look()) > 0 })

	history := exec.Command(filepath.Join(s.home, "kinora"), "history")
	history.Env = append(os.Environ(), "KINORA_HOME="+s.home)
	if out, err := history.CombinedOutput(); err != nil || !strings.Contains(string(out), "a red circle moves to the right") {
		t.Errorf("history: %v\n%s", err, out)
	}
	if strings.Contains(s.said.String(), "Fyne error") || strings.Contains(s.said.String(), "panic") {
		t.Errorf("the window complained: %s", &s.said)
	}
}
