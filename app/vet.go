package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kinora/inference/device/cuda"
)

// proving is what this program is called with to prove a GPU's kernels and do nothing
// else: then the GPU's number.
const proving = "prove-gpu"

// A vetter has another process of this program prove the kernels for compute capability
// 9.0 before they are used in this one: there they may fault or hang, and nothing else is
// lost. The answer is kept for that GPU, driver and program.
type vetter struct {
	gpu     int
	program string // empty: this one
	folder  string // where answers are kept; empty: the user's cache
	limit   time.Duration
}

// Vet implements cuda.Vetter.
func (v vetter) Vet(d *cuda.Device) error { return v.ask(d.Describe()) }

const proved = "proved\n"

// again is after how long a GPU whose kernels could not be proved is asked once more.
const again = 7 * 24 * time.Hour

func (v vetter) ask(about string) error {
	file := gpuFile(v.folder, v.gpu, about)
	answer, err := os.ReadFile(file)
	if info, e := os.Stat(file); err == nil && string(answer) != proved && (e != nil || time.Since(info.ModTime()) > again) {
		err = fs.ErrNotExist // what was in the way may be gone
	}
	if err != nil {
		answer = v.run()
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
			_ = os.WriteFile(file, answer, 0o644) // or it is asked again
		}
	}
	if string(answer) != proved {
		return errors.New(strings.TrimSpace(string(answer)))
	}
	return nil
}

// gpuFile is where what was found out about a GPU is kept: in a folder, or the user's
// cache. It is another file for each GPU, driver and program's kernels.
func gpuFile(folder string, gpu int, about string) string {
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		folder = filepath.Join(cache, "kinora", "gpu")
	}
	return filepath.Join(folder, fmt.Sprintf("%x", sha256.Sum256([]byte(strconv.Itoa(gpu)+about+cuda.Kernels())))[:24])
}

// run asks the other process, and kills it when it has not answered in time.
func (v vetter) run() []byte {
	program := v.program
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return []byte("they could not be tried: " + err.Error())
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), v.limit)
	defer cancel()
	var out bytes.Buffer
	c := exec.CommandContext(ctx, program, proving, strconv.Itoa(v.gpu))
	c.Stdout = &out
	c.WaitDelay = time.Second // a process that the driver holds on to is left alone
	err := c.Run()
	said := strings.TrimSpace(out.String())
	switch {
	case ctx.Err() != nil:
		return fmt.Appendf(nil, "trying them took longer than %v", v.limit)
	case err == nil && said+"\n" == proved:
		return []byte(proved)
	case said == "" && err != nil:
		return []byte("trying them ended with " + err.Error())
	case said == "" || said+"\n" == proved:
		return []byte("trying them gave no answer")
	}
	return []byte(said)
}

// prove is that other process.
func prove(gpu string, out io.Writer) int {
	index, err := strconv.Atoi(gpu)
	if err == nil {
		err = proveOn(index)
	}
	if err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	fmt.Fprint(out, proved)
	return 0
}

func proveOn(index int) error {
	d, err := cuda.Open(cuda.Options{Index: index, Mma: true})
	if err != nil {
		return err
	}
	err = d.(*cuda.Device).Prove()
	return errors.Join(err, d.Close())
}
