// Make compiles the kernels: clang (CLANG, or clang++-19, or clang++) turns each
// .cu into PTX for compute capability 8.0, of a version that drivers from CUDA 11.0
// on take; ptxas (PTXAS, a list; NVIDIA's toolkit or its wheels have it), where
// there is one, makes machine code from that. The older of two ptxas is better,
// since its code runs on older drivers: the first in the list that knows a machine
// makes it. What is called _sm90a uses what only compute capability 9.0 has: it becomes
// machine code for that and nothing else. Last it writes down what the sources were.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"kinora/kernels/sources"
)

var machines = []string{"sm_86", "sm_89", "sm_90", "sm_120"}

func main() {
	log.SetFlags(0)
	clang := first(os.Getenv("CLANG"), "clang++-19", "clang++")
	if clang == "" {
		log.Fatal("no clang: install clang-19, or name one in CLANG")
	}
	var assemblers []string
	for _, p := range append(filepath.SplitList(os.Getenv("PTXAS")), "ptxas") {
		if p := first(p); p != "" {
			assemblers = append(assemblers, p)
		}
	}
	files, err := filepath.Glob("kernels/*.cu")
	if err != nil || len(files) == 0 {
		log.Fatal("run from the repository's root")
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".cu")
		compile := func(machine, version string) []byte {
			return run(clang, "-x", "cuda", "--cuda-device-only", "--cuda-gpu-arch="+machine, "-Xclang", "-target-feature", "-Xclang", "+"+version,
				"-nocudainc", "-nocudalib", "-std=c++17", "-O3", "-Wall", "-Wno-unknown-cuda-version", "-Ikernels/include", "-S", f, "-o", "-")
		}
		if strings.HasSuffix(name, "_sm90a") {
			assemble(assemblers, "sm_90a", name, compile("sm_90a", "ptx83"))
			continue
		}
		ptx := compile("sm_80", "ptx70")
		write("kernels/ptx/compute_80/"+name+".ptx.gz", ptx)
		for _, m := range machines {
			assemble(assemblers, m, name, ptx)
		}
	}
	sum, err := sources.Sum("kernels")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("kernels/ptx/SOURCES", []byte(sum), 0o644); err != nil {
		log.Fatal(err)
	}
}

// assemble makes machine code with the first assembler that knows the machine.
func assemble(assemblers []string, machine, name string, ptx []byte) {
	dir, err := os.MkdirTemp("", "kernels")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "in.ptx"), filepath.Join(dir, "out.cubin")
	if err := os.WriteFile(in, ptx, 0o644); err != nil {
		log.Fatal(err)
	}
	for _, p := range assemblers {
		said, err := exec.Command(p, "-v", "-arch="+machine, in, "-o", out).CombinedOutput()
		if err != nil {
			continue
		}
		if s := string(said); strings.Count(s, " 0 bytes spill stores, 0 bytes spill loads") != strings.Count(s, "spill stores") {
			fmt.Printf("%s for %s spills registers:\n%s", name, machine, s)
		} else if strings.Contains(s, "(C75") { // products of warpgroups one after the other
			fmt.Printf("%s for %s:\n%s", name, machine, s)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			log.Fatal(err)
		}
		write("kernels/ptx/"+machine+"/"+name+".cubin.gz", b)
		return
	}
	if len(assemblers) > 0 {
		fmt.Println("no assembler for", machine, "takes", name)
	}
}

// first returns the first of names that can be run.
func first(names ...string) string {
	for _, n := range names {
		if p, err := exec.LookPath(n); n != "" && err == nil {
			return p
		}
	}
	return ""
}

func run(name string, args ...string) []byte {
	var out bytes.Buffer
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = &out, os.Stderr
	if err := c.Run(); err != nil {
		log.Fatal(name, ": ", err)
	}
	return out.Bytes()
}

func write(path string, b []byte) {
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(path, z.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
