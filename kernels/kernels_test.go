package kernels

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kinora/kernels/sources"
)

// What is embedded was compiled from the sources that lie here.
func TestCompiledFromSources(t *testing.T) {
	want, err := sources.Sum(".")
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("ptx/SOURCES")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("the kernels have changed since they were compiled: run `make kernels`\nhave\n%swant\n%s", have, want)
	}
}

// Every source has PTX that old drivers take, and machine code for the machines
// there are.
func TestImages(t *testing.T) {
	files, err := filepath.Glob("*.cu")
	if err != nil || len(files) == 0 {
		t.Fatal("no sources", err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(f, ".cu")
		if strings.HasSuffix(name, "_sm90a") {
			images, err := Images(9, 0, name)
			if err != nil || len(images) != 1 || !bytes.HasPrefix(images[0], []byte("\x7fELF")) {
				t.Errorf("%s for 9.0: %d images, %v", name, len(images), err)
			}
			for _, m := range [][2]int{{8, 6}, {8, 9}, {9, 1}, {10, 0}, {12, 0}} {
				if _, err := Images(m[0], m[1], name); err == nil {
					t.Errorf("%s was found for %v", name, m)
				}
			}
			continue
		}
		for _, c := range []struct{ major, minor, images int }{{8, 0, 1}, {8, 6, 2}, {8, 7, 2}, {8, 9, 2}, {9, 0, 2}, {10, 0, 1}, {12, 1, 2}} {
			images, err := Images(c.major, c.minor, name)
			if err != nil {
				t.Fatal(err)
			}
			if len(images) != c.images {
				t.Errorf("%s for %d.%d: %d images, want %d", name, c.major, c.minor, len(images), c.images)
			}
			last := images[len(images)-1]
			if !bytes.Contains(last, []byte(".version 7.0\n.target sm_80\n")) {
				t.Errorf("%s: the PTX is not 7.0 for sm_80", name)
			}
			if len(images) == 2 && !bytes.HasPrefix(images[0], []byte("\x7fELF")) {
				t.Errorf("%s for %d.%d: not machine code", name, c.major, c.minor)
			}
		}
	}
	if _, err := Images(8, 6, "nothing"); err == nil {
		t.Error("a kernel that does not exist was found")
	}
}

// The PTX assembles for the oldest GPU that it is for, and for those that have no machine
// code of their own, where ptxas is at hand (PTXAS, as for make kernels, or on the path).
func TestAssembles(t *testing.T) {
	ran := 0
	for _, p := range append(filepath.SplitList(os.Getenv("PTXAS")), "ptxas") {
		if _, err := exec.LookPath(p); p == "" || err != nil {
			continue
		}
		help, _ := exec.Command(p, "--help").CombinedOutput()
		for _, machine := range []string{"sm_80", "sm_100"} {
			if !bytes.Contains(help, []byte(machine)) {
				continue
			}
			ran++
			files, err := filepath.Glob("ptx/compute_80/*.ptx.gz")
			if err != nil || len(files) == 0 {
				t.Fatal("no PTX", err)
			}
			for _, f := range files {
				name := strings.TrimSuffix(filepath.Base(f), ".ptx.gz")
				if name == "matmul_stored" && machine != "sm_80" {
					continue // it takes longest, and is like the others
				}
				images, err := Images(8, 0, name)
				if err != nil {
					t.Fatal(err)
				}
				ptx := filepath.Join(t.TempDir(), name+".ptx")
				if err := os.WriteFile(ptx, bytes.TrimRight(images[len(images)-1], "\x00"), 0o644); err != nil {
					t.Fatal(err)
				}
				if said, err := exec.Command(p, "-arch="+machine, ptx, "-o", os.DevNull).CombinedOutput(); err != nil {
					t.Errorf("%s for %s: %v\n%s", name, machine, err, said)
				}
			}
		}
	}
	if ran == 0 {
		t.Skip("there is no ptxas")
	}
}
