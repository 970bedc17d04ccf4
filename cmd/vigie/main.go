// Command vigie examines what was taken from a phone, with its owner's consent,
// for traces of mercenary spyware.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	_ "time/tzdata" // zones of devices, where the system has none

	"github.com/vigie-project/vigie/casefile"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run runs the program and returns its exit status; see [casefile.Judge].
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	t := newTerminal(stdin, stdout, stderr, language(args, os.Getenv))
	root := newRoot(t)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	called, err := root.ExecuteContextC(ctx)
	var exit *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		if exit.err != nil {
			t.errorf(exit.err)
		}
		if exit.hint != "" {
			t.note(t.text("see-help", "Command", exit.hint))
		}
		return exit.status
	}
	t.errorf(err)
	t.note(t.text("see-help", "Command", called.CommandPath()))
	return casefile.ExitUsage
}

// An exitError ends the program with a status, and a message if err is set.
type exitError struct {
	status int
	err    error
	hint   string // command whose help tells more
}

// Error implements error.
func (e *exitError) Error() string {
	if e.err == nil {
		return "exit"
	}
	return e.err.Error()
}

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }

// version is the version of the program; releases set it with the linker.
var version = "0.1.0-dev"

// tool names the program and its version in cases.
func tool() string { return "vigie " + version }
