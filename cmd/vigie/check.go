package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/examination"
)

// newCheck returns the main command: from acquisitions to a case.
func newCheck(t *terminal) *cobra.Command {
	var (
		opt     examination.Options
		secrets secrets
		looked  sought
		include []string
		allLogs bool
		json    bool
	)
	cmd := &cobra.Command{
		Use:   "check PATH... -o CASE",
		Short: t.text("check-short"),
		Long:  t.text("check-long"),
		Example: "  vigie check backup/ -o case\n" +
			"  vigie check phone.zip tablet.tar -o case --hash-all\n" +
			"  vigie check backup/ -o case --password-file secret.txt --indicators pegasus.stix2",
		Args: func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.MinimumNArgs(1)(cmd, args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := secrets.key()
			if err != nil {
				return usage(err)
			}
			if err := atLeastZero(&opt); err != nil {
				return misuse(cmd, err)
			}
			if opt.Identity, err = secrets.identity(); err != nil {
				return usage(err)
			}
			if allLogs {
				include = append(include, ios.LogAll.ID)
			}
			if opt.Private, err = private(include); err != nil {
				return usage(err)
			}
			for _, path := range args {
				if _, err := os.Stat(path); err != nil {
					return usage(err) // a mistyped path leaves no case behind
				}
			}
			if err := outside(opt.Dir, args); err != nil {
				return usage(err)
			}
			opt.Detection, err = looked.load(t)
			if err != nil {
				return usage(err)
			}
			opt.Paths, opt.Parsers, opt.Key = args, artifacts.Parsers, key
			opt.Password = func(path string) ([]byte, error) { return secrets.password(t, path) }
			return examine(cmd.Context(), t, &opt, json, examination.Check)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&opt.Dir, "output", "o", "", t.text("flag-output"))
	f.IntVar(&opt.Workers, "workers", 0, t.text("flag-workers"))
	f.DurationVar(&opt.Timeout, "job-timeout", 0, t.text("flag-job-timeout"))
	f.BoolVar(&opt.HashAll, "hash-all", false, t.text("flag-hash-all"))
	f.StringSliceVar(&include, "include", nil, t.text("flag-include"))
	f.BoolVar(&allLogs, "all-logs", false, t.text("flag-all-logs"))
	f.BoolVar(&json, "json", false, t.text("flag-json"))
	cmd.MarkFlagRequired("output")
	secrets.flags(t, cmd)
	looked.flags(t, cmd)
	return cmd
}

// newDetect returns the command that matches a case again.
func newDetect(t *terminal) *cobra.Command {
	var (
		opt    examination.Options
		looked sought
		json   bool
	)
	cmd := &cobra.Command{
		Use:     "detect CASE",
		Short:   t.text("detect-short"),
		Long:    t.text("detect-long"),
		Example: "  vigie detect case --indicators new.stix2",
		Args:    func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.ExactArgs(1)(cmd, args)) },
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := atLeastZero(&opt); err != nil {
				return misuse(cmd, err)
			}
			if opt.Detection, err = looked.load(t); err != nil {
				return usage(err)
			}
			opt.Dir, opt.Parsers = args[0], artifacts.Parsers
			return examine(cmd.Context(), t, &opt, json, examination.Again)
		},
	}
	cmd.Flags().IntVar(&opt.Workers, "workers", 0, t.text("flag-workers"))
	cmd.Flags().BoolVar(&json, "json", false, t.text("flag-json"))
	looked.flags(t, cmd)
	return cmd
}

// maxWorkers bounds --workers: each holds a chunk of the timeline in memory.
const maxWorkers = 256

// atLeastZero refuses numbers that mean nothing.
func atLeastZero(opt *examination.Options) error {
	if opt.Workers < 0 || opt.Workers > maxWorkers {
		return fmt.Errorf("--workers %d: not between 0 and %d", opt.Workers, maxWorkers)
	}
	if opt.Timeout < 0 {
		return fmt.Errorf("--job-timeout %s: less than 0", opt.Timeout)
	}
	return nil
}

// examine runs an examination, writes its reports and tells how it ended.
func examine(ctx context.Context, t *terminal, opt *examination.Options, json bool, run func(context.Context, examination.Options) (*examination.Result, error)) error {
	opt.Act = act()
	opt.Now = clock()
	progress := newProgress(t, json)
	opt.Progress = progress.report
	res, err := run(ctx, *opt)
	progress.end()
	if err != nil {
		return unfinished(t, opt.Dir, res, err)
	}
	if err := writeReports(res.Case); err != nil {
		return &exitError{status: casefile.ExitIncomplete, err: err}
	}
	for _, err := range res.Failures {
		t.errorf(err)
	}
	if json {
		t.resultJSON(res)
	} else {
		t.summary(res)
	}
	return &exitError{status: res.Verdict.Exit}
}

// unfinished tells why an examination could not be carried through.
func unfinished(t *terminal, dir string, res *examination.Result, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		t.note(t.text("stopped", "Dir", dir))
		return &exitError{status: casefile.ExitIncomplete}
	case res == nil: // there is no case to write to or to read
		return usage(err)
	case len(res.Failures) > 0: // a case is there, what fills it could not be opened
		return nothing(err)
	case errors.Is(err, casefile.ErrOther):
		return usage(err)
	}
	return &exitError{status: casefile.ExitIncomplete, err: err}
}

// misuse makes an error one of how a command was called.
func misuse(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{status: casefile.ExitUsage, err: err, hint: cmd.CommandPath()}
}

// usage makes an error one of wrong usage.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{status: casefile.ExitUsage, err: err}
}

// errInside is wrapped by the error for output inside of the evidence.
var errInside = errors.New("it lies inside the evidence, which is never changed")

// outside refuses to write into what is examined: evidence is never changed. It
// compares folders, not names, so that neither links nor the case of letters
// lead into it. What is examined may be a file, or be missing.
func outside(dir string, paths []string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for _, p := range paths {
		root, err := os.Stat(p)
		if err != nil {
			continue // opening it tells why
		}
		for name := existing(abs); ; name = filepath.Dir(name) {
			if info, err := os.Stat(name); err == nil && os.SameFile(info, root) {
				return fmt.Errorf("write to %s: %w: %s", dir, errInside, p)
			}
			if name == filepath.Dir(name) {
				break
			}
		}
	}
	return nil
}

// existing returns the nearest folder of a path that exists, without links.
func existing(abs string) string {
	for {
		if real, err := filepath.EvalSymlinks(abs); err == nil {
			return real
		}
		if link, err := os.Readlink(abs); err == nil { // to what is not there yet
			if !filepath.IsAbs(link) {
				link = filepath.Join(filepath.Dir(abs), link)
			}
			return existing(filepath.Dir(link))
		}
		if abs == filepath.Dir(abs) {
			return abs
		}
		abs = filepath.Dir(abs)
	}
}

// private returns which private artifacts are read.
func private(include []string) (func(*artifact.Parser) bool, error) {
	for _, id := range include {
		if !slices.ContainsFunc(artifacts.Parsers, func(p *artifact.Parser) bool { return p.ID == id }) {
			return nil, fmt.Errorf("--include %s: there is no such artifact", id)
		}
	}
	return func(p *artifact.Parser) bool { return slices.Contains(include, p.ID) }, nil
}

// act says who runs what on which computer.
func act() casefile.Act {
	a := casefile.Act{Tool: tool(), System: runtime.GOOS + "/" + runtime.GOARCH, Args: os.Args[1:]}
	if u, err := user.Current(); err == nil {
		a.User = u.Username
	}
	a.Host, _ = os.Hostname()
	return a
}

// clock returns the clock of an examination. SOURCE_DATE_EPOCH, in seconds
// since 1970 UTC, makes every output reproducible.
func clock() func() time.Time {
	var sec int64
	if _, err := fmt.Sscan(os.Getenv("SOURCE_DATE_EPOCH"), &sec); err == nil {
		return func() time.Time { return time.Unix(sec, 0) }
	}
	return time.Now
}
