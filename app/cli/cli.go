// Package cli is the studio's door for people who type and for scripts. It says
// what happens in words, in a bar, or in JSON, and ends with a code that tells how
// it went. It does not know how clips are made.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"unicode"

	"kinora/app/config"
	"kinora/app/disk"
	"kinora/app/fetch"
	"kinora/app/settings"
	"kinora/app/studio"
	"kinora/inference"
)

// Exit codes.
const (
	OK          = 0
	Internal    = 1   // a fault of Kinora's own
	Usage       = 2   // what was asked for cannot be done as written
	NoModel     = 3   // the model is missing or broken
	NoMemory    = 4   // not enough memory
	NoWrite     = 5   // a file or folder cannot be written
	NoDevice    = 6   // no such device, or no display for the window
	NoFetch     = 7   // the network or a server does not give a file
	Interrupted = 130 // Ctrl-C
)

// codes tells errors apart, the first that fits.
var codes = []struct {
	is   error
	code int
	what string
}{
	{nil, OK, "all went well"},
	{nil, Internal, "a fault inside Kinora"},
	{inference.ErrInvalid, Usage, "the command or the request cannot be done as written"},
	{inference.ErrNoModel, NoModel, "the model is missing or broken"},
	{inference.ErrNoMemory, NoMemory, "not enough memory"},
	{nil, NoWrite, "a file or folder cannot be written"},
	{inference.ErrNoDevice, NoDevice, "the device, or a display for the window, is not there"},
	{nil, NoFetch, "a file cannot be fetched: the network, the server, or what it sends"},
	{context.Canceled, Interrupted, "stopped with Ctrl-C"},
}

// Code is the exit code for an error.
func Code(err error) int {
	if err == nil {
		return OK
	}
	if e := (*disk.Error)(nil); errors.As(err, &e) {
		return NoWrite
	}
	if e := (*fetch.Error)(nil); errors.As(err, &e) {
		return NoFetch
	}
	for _, c := range codes {
		if c.is != nil && errors.Is(err, c.is) {
			return c.code
		}
	}
	return Internal
}

// An Env is the world that a command runs in.
type Env struct {
	Version  string
	Out, Err io.Writer
	In       io.Reader // standard input
	// Columns is the width of the terminal that Err is, 0 when it is none.
	Columns  func() int
	Getenv   func(string) string
	Engine   func(studio.EngineOptions) (inference.Engine, error)
	Examples func(model string) []studio.Example
	// Bench measures the device and writes figures, to Out, and what is under way, to Err.
	Bench func(ctx context.Context, e Env, o BenchOptions) error
	// Window opens the window and returns when it is closed.
	Window func(*studio.Studio) error
}

// A command is one word after kinora.
type command struct {
	name, args, line string
	run              func(ctx context.Context, e Env, c *command, args []string) error
}

func commands() []command {
	return []command{
		{"generate", "--prompt TEXT [flags]", "make a clip", generate},
		{"plan", "[flags]", "show what a clip would take, before anything is loaded", planClip},
		{"models", "[--json]", "list the models that are there", models},
		{"loras", "[--json]", "list the LoRAs that are there, and which model each is for", loras},
		{"get", "[NAME …] [--part PART] [--to FOLDER] [--json]", "fetch model files; without a name, list what there is", get},
		{"history", "[--json] [--limit N] [WORDS]", "list clips, newest first", list},
		{"export", "ID --out PATH", "save a clip from the history as .mp4, .gif or a folder of PNG frames", exportClip},
		{"delete", "ID", "take a clip out of the history; its files stay for a week", remove},
		{"restore", "ID", "bring a deleted clip back", restore},
		{"recipe", "FILE", "show the settings in a clip as JSON", recipe},
		{"convert", "MODEL --type TYPE --out FILE", "write a model file with its weights in another type", convertModel},
		{"settings", "[KEY VALUE]", "show the settings, or change one", change},
		{"bench", "[--json] [flags]", "measure this machine: what it can do at most, each operation, a denoising step, decoding, memory, cold start", measure},
		{"version", "", "show the version", version},
		{"help", "", "show this help", help},
	}
}

// Run does what args ask for and returns the exit code.
func Run(ctx context.Context, e Env, args []string) int {
	err := run(ctx, e, args)
	if errors.Is(err, flag.ErrHelp) {
		return OK
	}
	var said *reported
	if err != nil && !errors.As(err, &said) {
		fmt.Fprintf(e.Err, "kinora: %s\n", sentence(err))
	}
	return Code(err)
}

// A reported error has been shown to the user already.
type reported struct{ error }

func (r *reported) Unwrap() error { return r.error }

func run(ctx context.Context, e Env, args []string) error {
	if len(args) == 0 {
		return window(ctx, e)
	}
	name := strings.TrimLeft(args[0], "-")
	if name == "h" {
		name = "help"
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, e, &c, args[1:])
		}
	}
	if strings.ContainsFunc(args[0], unicode.IsSpace) || strings.ContainsFunc(args[0], func(r rune) bool { return r > 127 }) {
		return usage("there is no command %q; for a clip of it, put it after kinora generate --prompt", brief(args[0]))
	}
	return usage("there is no command %q; kinora help lists them", brief(args[0]))
}

// usage is an error in how the command was written.
func usage(format string, args ...any) error {
	return &plain{fmt.Sprintf(format, args...), inference.ErrInvalid}
}

// A plain error says only its own words, and is of the kind it wraps.
type plain struct {
	text string
	kind error
}

func (p *plain) Error() string { return p.text }
func (p *plain) Unwrap() error { return p.kind }

// sentence is an error in words for people: without the names of the kinds.
func sentence(err error) string {
	text := err.Error()
	for _, kind := range []error{inference.ErrInvalid, inference.ErrNoModel, inference.ErrNoMemory, inference.ErrNoDevice} {
		if rest, ok := strings.CutPrefix(text, kind.Error()+": "); ok {
			text = rest
			if kind != inference.ErrInvalid {
				text = kind.Error() + ": " + rest
			}
		}
	}
	return text
}

// notNumber is what package flag says of a number that is none.
var notNumber = regexp.MustCompile(`^invalid value (.*) for flag -([^:]+): (parse error|value out of range)$`)

// wanted says what a flag wants where its number cannot be read.
func wanted(f *flag.FlagSet, err error) string {
	m := notNumber.FindStringSubmatch(err.Error())
	if m == nil {
		return err.Error()
	}
	what := "another value"
	if v, ok := f.Lookup(m[2]).Value.(flag.Getter); ok {
		switch v.Get().(type) {
		case int, int64:
			what = "a whole number"
		case uint, uint64:
			what = "a whole number from 0 on"
		case float64:
			what = "a number"
		}
	}
	if m[3] != "parse error" {
		what += ", and not so large a one"
	}
	return fmt.Sprintf("--%s %s: want %s", m[2], m[1], what)
}

// parse reads flags wherever they stand and returns the other words.
func parse(e Env, c *command, set func(*flag.FlagSet), args []string) (*flag.FlagSet, []string, error) {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	set(f)
	var words []string
	for {
		err := f.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(e.Out, "kinora %s %s\n    %s\n\n", c.name, c.args, c.line)
			f.SetOutput(e.Out)
			f.PrintDefaults()
			return nil, nil, err
		}
		if err != nil {
			return nil, nil, usage("%s; kinora %s --help shows the flags", wanted(f, err), c.name)
		}
		if f.NArg() == 0 {
			return f, words, nil
		}
		// After -- all the rest is words.
		if n := len(args) - f.NArg(); n > 0 && args[n-1] == "--" {
			return f, append(words, f.Args()...), nil
		}
		words, args = append(words, f.Arg(0)), f.Args()[1:]
	}
}

// open opens the studio as a command needs it.
func (e Env) open(ctx context.Context, o studio.Options) (*studio.Studio, error) {
	places, err := settings.Locate()
	if err != nil {
		return nil, err
	}
	o.Version, o.Places, o.Open, o.Examples = e.Version, places, e.Engine, e.Examples
	return studio.Open(ctx, o)
}

// warn shows what the studio has to say on the side.
func (e Env) warn(s *studio.Studio) (stop func()) {
	return s.Listen(func(ev studio.Event) {
		if ev.Err != nil {
			fmt.Fprintf(e.Err, "kinora: %s\n", sentence(ev.Err))
		} else if ev.Text != "" {
			fmt.Fprintf(e.Err, "kinora: %s\n", ev.Text)
		}
	})
}

func window(ctx context.Context, e Env) error {
	if !display(runtime.GOOS, e.Getenv) {
		return &plain{"there is no display (DISPLAY and WAYLAND_DISPLAY are empty), so the window cannot open.\n" +
			"Make a clip on the command line instead:\n\n" +
			"    kinora generate --prompt \"a Shiba Inu in a spacesuit planting potatoes on Mars\" --out clip.mp4\n", inference.ErrNoDevice}
	}
	s, err := e.open(ctx, studio.Options{Watch: true})
	if err != nil {
		return err
	}
	defer s.Close()
	return e.Window(s)
}

// display reports whether a window can be shown.
func display(system string, getenv func(string) string) bool {
	switch system {
	case "windows", "darwin":
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}

func version(_ context.Context, e Env, c *command, args []string) error {
	if _, _, err := parse(e, c, func(*flag.FlagSet) {}, args); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.Out, "kinora %s (%s/%s, %s)\n", e.Version, runtime.GOOS, runtime.GOARCH, runtime.Version())
	return err
}

func help(_ context.Context, e Env, _ *command, _ []string) error {
	var b strings.Builder
	b.WriteString("Kinora makes short video clips from a sentence, on this machine.\n\n")
	b.WriteString("kinora            open the window\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "kinora %-10s %s\n", c.name, c.line)
	}
	b.WriteString("\nkinora COMMAND --help shows the flags of a command.\n\nExit codes:\n")
	for _, c := range codes {
		fmt.Fprintf(&b, "%5d  %s\n", c.code, c.what)
	}
	b.WriteString("\nKeys of a --config file, and what they do:\n")
	for _, k := range config.Describe() {
		fmt.Fprintf(&b, "  %-21s %s\n", k[0], k[1])
	}
	fmt.Fprintf(&b, "\n%s=FOLDER puts settings, history, clips and models under one folder.\n%s=ADDRESS is where models are fetched from.\n", settings.HomeVariable, settings.EndpointVariable)
	_, err := io.WriteString(e.Out, b.String())
	return err
}

// absolute makes a path independent of the folder that Kinora was started in.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil && path != "" {
		return abs
	}
	return path
}
