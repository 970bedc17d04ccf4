// Package zones finds out which offset from UTC the clock of an iPhone had at
// which time, from the files of an acquisition that record it: reports of crashes,
// the logs of the log daemon, the log of energy use. Logs that are written by that
// clock without a zone become instants by it.
//
// It reads little of each file, and of a bounded number of files, before the
// parsers read them. What it cannot read is left out here: the parsers meet the
// same error and report it.
package zones

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
)

// Limits of what is looked at.
const (
	maxPaths   = 50_000 // of files of one class that are kept; the first
	maxPerFile = 20_000 // readings of one file
)

// A class is files that record the offset in one way.
type class struct {
	is   func(p, name string) bool // whether a file belongs to it, by its path and its name
	most int                       // files that are read, spread over those there are
	read func(f file) []epoch.Reading
}

// classes are the classes, in the order in which they are read.
var classes = []class{
	{isReport, 2000, readReport},
	{isStatistics, 100, readStatistics},
	{isLogOfLogd, 40, readLogOfLogd},
	{isTrace, 1000, readTrace},
	{isTimesync, 100, readTimesync},
	{isPowerLog, 40, readPowerLog},
	{isSpindump, 8, readSpindump},
}

// kinds are the acquisitions that hold such files.
const kinds = evidence.IOSFilesystem | evidence.IOSSysdiagnose | evidence.IOSFiles

// Gather returns the clock of the phone that a source is of, nil if nothing is
// known of it or if the phone is no iPhone. The same source gives the same clock.
// It stops early when ctx is done.
func Gather(ctx context.Context, src *evidence.Source) *epoch.Clock {
	if src.Kind&(kinds|evidence.IOSBackup) == 0 {
		return nil
	}
	var readings []epoch.Reading
	if src.Kind&kinds != 0 {
		for i, paths := range find(ctx, src) {
			for _, p := range spread(paths, classes[i].most) {
				if ctx.Err() != nil {
					return nil
				}
				readings = append(readings, read(ctx, src, p, classes[i].read)...)
			}
		}
	}
	if t, ok := src.Device.Capture(); ok {
		_, offset := t.Zone()
		readings = append(readings, epoch.Reading{At: t, Offset: offset, Capture: true})
	}
	return epoch.NewClock(readings, src.Device.Zone)
}

// find returns the paths of the files of each class, in order.
func find(ctx context.Context, src *evidence.Source) [][]string {
	found := make([][]string, len(classes))
	// What cannot be listed is reported with the plan.
	_ = src.WalkFiles(func(p string, _ int64) error {
		name := path.Base(p)
		if strings.HasPrefix(name, "._") {
			return ctx.Err() // what a Mac notes beside a file
		}
		for i, c := range classes {
			if c.is(p, name) && len(found[i]) < maxPaths {
				found[i] = append(found[i], p)
			}
		}
		return ctx.Err()
	})
	for _, paths := range found {
		slices.Sort(paths)
	}
	return found
}

// spread returns at most n of the paths, at equal distances, with the last.
func spread(paths []string, n int) []string {
	if len(paths) <= n {
		return paths
	}
	list := make([]string, 0, n)
	for i := range n {
		list = append(list, paths[(i+1)*len(paths)/n-1])
	}
	return list
}

// A file is one that is being read.
type file struct {
	evidence.File
	ctx  context.Context
	src  *evidence.Source
	path string
	size int64
}

func read(ctx context.Context, src *evidence.Source, p string, fn func(file) []epoch.Reading) []epoch.Reading {
	f, err := src.Open(p)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	list := fn(file{f, ctx, src, p, info.Size()})
	for i := range list {
		list[i].From = p
	}
	return list
}

// under reports whether a path is where the phone keeps files of a class, in a
// sysdiagnose, or among loose files.
func under(p string, folders ...string) bool {
	if strings.HasPrefix(p, "sysdiagnose/") || strings.HasPrefix(p, "files/") {
		return true
	}
	return slices.ContainsFunc(folders, func(folder string) bool { return strings.Contains(p, folder) })
}

func isReport(p, name string) bool {
	return strings.Contains(name, ".ips") && under(p, "/CrashReporter/") && !strings.Contains(p, "/ProxiedDevice")
}

func isStatistics(p, name string) bool {
	return strings.HasPrefix(name, "logdata.statistics.") && strings.HasSuffix(name, ".txt") && under(p, "private/var/db/diagnostics/")
}

func isLogOfLogd(p, name string) bool {
	return strings.HasPrefix(name, "logd.") && strings.HasSuffix(name, ".log") && under(p, "private/var/db/diagnostics/")
}

func isTrace(p, name string) bool {
	return strings.HasSuffix(name, ".tracev3") && under(p, "private/var/db/diagnostics/")
}

func isTimesync(p, name string) bool {
	return strings.HasSuffix(name, ".timesync") && under(p, "private/var/db/diagnostics/")
}

func isPowerLog(p, name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".PLSQL") && under(p, "/BatteryLife/")
}

func isSpindump(_, name string) bool { return name == "spindump-nosymbols.txt" }
