package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/format/unifiedlog"
)

// logQuery is what the command line asks of a log.
type logQuery struct {
	filter       unifiedlog.Filter
	processes    []string
	levels       []string
	types        []string
	boots        []string
	since, until string
	zone         string
	style        string
	json         bool
	listBoots    bool
	location     *time.Location
}

// newLog returns the command that prints a unified log.
func newLog(t *terminal) *cobra.Command {
	var q logQuery
	var secrets secrets
	cmd := &cobra.Command{
		Use:   "log PATH",
		Short: t.text("log-short"),
		Long:  t.text("log-long"),
		Example: "  vigie log sysdiagnose.tar.gz --process amfid --level error\n" +
			"  vigie log system_logs.logarchive --subsystem 'com.apple.TCC*' --since '2026-03-01 08:00'\n" +
			"  vigie log dump.zip --contains .example --json > log.jsonl",
		Args: func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.ExactArgs(1)(cmd, args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.prepare(); err != nil {
				return misuse(cmd, err)
			}
			stores, closeAll, err := openLogs(cmd.Context(), t, args[0], &secrets)
			if err != nil {
				return nothing(err)
			}
			defer closeAll()
			return q.show(cmd.Context(), t, stores)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&q.processes, "process", nil, t.text("flag-log-process"))
	f.StringSliceVar(&q.filter.Subsystems, "subsystem", nil, t.text("flag-log-subsystem"))
	f.StringSliceVar(&q.filter.Categories, "category", nil, t.text("flag-log-category"))
	f.StringSliceVar(&q.levels, "level", nil, t.text("flag-log-level"))
	f.StringSliceVar(&q.types, "type", nil, t.text("flag-log-type"))
	f.StringVar(&q.since, "since", "", t.text("flag-log-since"))
	f.StringVar(&q.until, "until", "", t.text("flag-log-until"))
	f.StringVar(&q.filter.Contains, "contains", "", t.text("flag-log-contains"))
	f.StringSliceVar(&q.boots, "boot", nil, t.text("flag-log-boot"))
	f.BoolVar(&q.listBoots, "list-boots", false, t.text("flag-log-list-boots"))
	f.StringVar(&q.zone, "zone", "UTC", t.text("flag-log-zone"))
	f.StringVar(&q.style, "style", logStyles[0], t.text("flag-log-style"))
	f.BoolVar(&q.json, "json", false, t.text("flag-log-json"))
	secrets.flags(t, cmd)
	return cmd
}

// logLevels and logTypes are the words for what a filter takes.
var (
	logLevels = map[string]unifiedlog.Level{
		"default": unifiedlog.LevelDefault, "info": unifiedlog.LevelInfo, "debug": unifiedlog.LevelDebug,
		"error": unifiedlog.LevelError, "fault": unifiedlog.LevelFault,
	}
	logTypes = map[string][]unifiedlog.EventType{
		"log": {unifiedlog.TypeLog, unifiedlog.TypeSimpledump}, "activity": {unifiedlog.TypeActivity}, "trace": {unifiedlog.TypeTrace},
		"signpost": {unifiedlog.TypeSignpost}, "loss": {unifiedlog.TypeLoss}, "state": {unifiedlog.TypeStatedump},
	}
)

// prepare makes the filter of what does not depend on the log.
func (q *logQuery) prepare() error {
	for _, p := range q.processes {
		if pid, err := strconv.ParseUint(p, 10, 32); err == nil {
			q.filter.PIDs = append(q.filter.PIDs, uint32(pid))
		} else {
			q.filter.Processes = append(q.filter.Processes, p)
		}
	}
	if len(q.filter.PIDs) > 0 && len(q.filter.Processes) > 0 {
		return errors.New("--process: names and numbers together select nothing in common")
	}
	for _, name := range q.levels {
		l, ok := logLevels[strings.ToLower(name)]
		if !ok {
			return fmt.Errorf("--level %q: not default, info, debug, error or fault", name)
		}
		q.filter.Levels = append(q.filter.Levels, l)
	}
	for _, name := range q.types {
		list, ok := logTypes[strings.ToLower(name)]
		if !ok {
			return fmt.Errorf("--type %q: not log, activity, trace, signpost, loss or state", name)
		}
		q.filter.Types = append(q.filter.Types, list...)
	}
	if q.json {
		q.style = "json"
	}
	if !slices.Contains(logStyles, q.style) {
		return fmt.Errorf("--style %q: not %s", q.style, strings.Join(logStyles, ", "))
	}
	var err error
	if q.location, err = time.LoadLocation(q.zone); err != nil || q.zone == "Local" {
		return fmt.Errorf("--zone %q: not a time zone such as Europe/Paris", q.zone)
	}
	if q.filter.Since, err = q.instant("--since", q.since); err != nil {
		return err
	}
	q.filter.Until, err = q.instant("--until", q.until)
	return err
}

// instant reads a time, in the zone asked for if it has none of its own.
func (q *logQuery) instant(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999-0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, s, q.location); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q: not a time such as %q", flag, s, "2026-03-01 08:00:00")
}

// selectBoots turns the words for boots into those of a log: UUIDs, or positions
// from the first (0) or from the last (-1).
func (q *logQuery) selectBoots(a *unifiedlog.Archive) ([]unifiedlog.UUID, error) {
	var list []unifiedlog.UUID
	all := a.Boots()
	for _, s := range q.boots {
		i := slices.IndexFunc(all, func(b *unifiedlog.Boot) bool { return strings.EqualFold(b.UUID.String(), s) })
		if n, err := strconv.Atoi(s); err == nil {
			if i = n; n < 0 {
				i += len(all)
			}
		}
		if i < 0 || i >= len(all) {
			return nil, fmt.Errorf("--boot %s: the log has %d boots; --list-boots lists them", s, len(all))
		}
		list = append(list, all[i].UUID)
	}
	return list, nil
}

// show prints the entries of logs, and what could not be read.
func (q *logQuery) show(ctx context.Context, t *terminal, stores []logStore) error {
	out := bufio.NewWriterSize(t.out, 256<<10)
	w := newLineWriter(q.style, q.location)
	incomplete := false
	if h := w.header(); h != "" && !q.listBoots {
		fmt.Fprintln(out, h)
	}
	for _, s := range stores {
		if len(stores) > 1 {
			t.note(s.name)
		}
		var err error
		if q.filter.Boots, err = q.selectBoots(s.archive); err != nil {
			return usage(err)
		}
		if q.listBoots {
			q.printBoots(out, s.archive)
			continue
		}
		damaged, err := q.print(ctx, t, out, w, s.archive)
		if err = errors.Join(err, out.Flush()); err != nil {
			return &exitError{status: casefile.ExitIncomplete, err: err}
		}
		incomplete = incomplete || damaged || s.noted
	}
	if err := out.Flush(); err != nil {
		return &exitError{status: casefile.ExitIncomplete, err: err}
	}
	if incomplete {
		return &exitError{status: casefile.ExitIncomplete}
	}
	return nil
}

// maxLogErrors is how many errors are told one by one.
const maxLogErrors = 10

// print prints the entries of one log. It reports whether a part could not be
// read.
func (q *logQuery) print(ctx context.Context, t *terminal, out io.Writer, w *lineWriter, a *unifiedlog.Archive) (damaged bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var stats unifiedlog.Stats
	f := q.filter
	f.Stats = &stats
	told := 0
	for e, err := range a.Entries(ctx, f) {
		switch {
		case errors.Is(err, context.Canceled):
			return true, err
		case err != nil:
			if told++; told <= maxLogErrors {
				t.errorf(err)
			}
		default:
			if _, err := out.Write(w.line(e)); err != nil {
				return true, err
			}
		}
	}
	q.conclude(t, &stats)
	return stats.Damaged > 0, nil
}

// conclude tells what was given and what is not known.
func (q *logQuery) conclude(t *terminal, s *unifiedlog.Stats) {
	if q.style == "json" {
		t.note(fmt.Sprintf(`{"event":"log","entries":%d,"chunksets":%d,"skipped":%d,"damaged":%d,"missing_strings":%d,"missing_formats":%d,"missing_arguments":%d,"lost":%d}`,
			s.Entries, s.Chunksets, s.ChunksetsSkipped, s.Damaged, s.NoStrings+s.BadOffsets, s.NoFormats, s.MissingOversize, s.LostEntries))
		return
	}
	t.note(t.text("log-entries", "Entries", s.Entries, "Read", s.Chunksets, "Skipped", s.ChunksetsSkipped))
	for _, c := range []struct {
		id string
		n  uint64
	}{
		{"log-damaged", s.Damaged},
		{"log-no-strings", s.NoStrings + s.BadOffsets},
		{"log-no-arguments", s.MissingOversize},
		{"log-lost", s.LostEntries},
	} {
		if c.n > 0 {
			t.note(t.text(c.id, "Number", c.n, "Formats", s.NoFormats))
		}
	}
}

// printBoots lists the boots of a log: position, UUID, first and last time of its
// entries' clock, build.
func (q *logQuery) printBoots(out io.Writer, a *unifiedlog.Archive) {
	builds := map[unifiedlog.UUID]string{}
	files := map[unifiedlog.UUID]int{}
	for _, f := range a.Files() {
		files[f.Boot.UUID]++
		if f.Header != nil {
			builds[f.Boot.UUID] = f.Header.Build
		}
	}
	for i, b := range a.Boots() {
		start := "-"
		if b.Wall != 0 {
			start = time.Unix(0, b.Wall).In(q.location).Format("2006-01-02 15:04:05-0700")
		}
		if q.style == "json" {
			fmt.Fprintf(out, `{"boot":%d,"bootUUID":%q,"start":%q,"files":%d,"build":%q}`+"\n", i, b.UUID.String(), start, files[b.UUID], printable(builds[b.UUID]))
			continue
		}
		fmt.Fprintf(out, "%3d  %s  %-24s  %3d  %s\n", i, b.UUID, start, files[b.UUID], printable(oneLine(cmp.Or(builds[b.UUID], "-"))))
	}
}
