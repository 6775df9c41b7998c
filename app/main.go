// Command kinora makes short video clips from a sentence. This package puts the
// parts together and knows nothing that they know.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"kinora/app/cli"
	"kinora/app/locale"
)

var _ = locale.Language // settled before the window's toolkit asks

func main() {
	if len(os.Args) == 3 && os.Args[1] == proving {
		os.Exit(prove(os.Args[2], os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() { // a second Ctrl-C ends the program at once
		<-ctx.Done()
		stop()
	}()
	os.Exit(cli.Run(ctx, cli.Env{
		Version:  version,
		Out:      os.Stdout,
		Err:      os.Stderr,
		In:       os.Stdin,
		Columns:  columns,
		Getenv:   os.Getenv,
		Engine:   newEngine,
		Examples: examples,
		Bench:    measure,
		Window:   openWindow,
	}, os.Args[1:]))
}

// columns is the width of the terminal that progress is shown on, 0 if none.
func columns() int {
	fd := int(os.Stderr.Fd())
	if !term.IsTerminal(fd) {
		return 0
	}
	if w, _, err := term.GetSize(fd); err == nil {
		return w
	}
	return 80
}
