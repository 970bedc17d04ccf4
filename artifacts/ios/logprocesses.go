package ios

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LogProcesses reads which programs the unified log has entries of.
var LogProcesses = artifact.Parser{
	ID:    "ios.logprocesses",
	Title: lang.Text{EN: "Programs in the unified log", FR: "Programmes du journal unifié"},
	Doc: `Each part of the unified log begins with a list of the processes that have entries in it: number,
user, and the UUID of the program, whose path is in the strings kept beside the log. All
parts together say which programs ran and logged, for days to weeks back, also those that have
ended and those that no list of running processes showed.

A process that becomes another program, as xpcproxy does whenever something is started, is a
record for each. Times are those of the parts, so the program ran somewhere between them;
parts that overlap in time and rare entries that are kept longer make them wide. A
program without path is one whose strings are missing: it was removed since, or
the log was copied without them. A process that logged nothing is not here.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/*.tracev3"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/diagnostics/**/*.tracev3"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/Diagnostics/**/*.tracev3"},
	},
	Record: logProcessesRun{},
	Refs: []string{
		"https://github.com/libyal/dtformats/blob/main/documentation/Apple%20Unified%20Logging%20and%20Activity%20Tracing%20formats.asciidoc",
		"https://github.com/mandiant/macos-UnifiedLogs",
	},
	Parse: logProcessesParse,
}

// logProcessesRun is one program of one process.
type logProcessesRun struct {
	First     record.Time    `json:"first"`                // start of the first part of the log that has entries of it: continuous time of the catalog, by the clock of the phone then; nanoseconds since 1970 UTC
	Last      record.Time    `json:"last"`                 // end of the last such part
	Process   record.Process `json:"process"`              // last element of the path
	Path      record.Path    `json:"path,omitempty"`       // of the program: end of its file of strings
	UUID      string         `json:"uuid,omitempty"`       // of the program, from the linker
	PID       int64          `json:"pid"`                  // number of the process
	UniqueID  int64          `json:"unique_id"`            // grows with each process of a boot, not used again
	UID       int64          `json:"uid"`                  // effective user: 0 is root, 501 the owner of the phone
	Persona   int64          `json:"persona,omitempty"`    // from iOS 27: not documented
	Boot      string         `json:"boot"`                 // UUID of the boot
	Parts     int64          `json:"parts"`                // of the log that have entries of it
	NoStrings bool           `json:"no_strings,omitempty"` // the strings of the program are missing, so that its path is not known
	Uncertain bool           `json:"uncertain,omitempty"`  // the clock of the boot is not known: times are missing or by the header of the file
}

// String implements [record.Data].
func (r logProcessesRun) String() string {
	name := string(r.Path)
	if name == "" {
		name = "program " + r.UUID
	}
	return record.Line(fmt.Sprintf("%s ran as process %d of user %d", name, r.PID, r.UID))
}

func logProcessesParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		log, err := from.UnifiedLog(in)
		if err != nil {
			yield(record.Record{}, err)
			return
		}
		if log == nil {
			return
		}
		defer log.Close()
		runs, errs := log.Runs(ctx)
		errs = append(slices.Clone(log.Errors()), errs...)
		for _, r := range runs {
			p := r.Process
			first, clock := r.Boot.At(r.First)
			last, _ := r.Boot.At(r.Last)
			one := logProcessesRun{
				Process: record.Process(p.Name()), Path: record.Path(p.Path()), PID: int64(p.PID), UniqueID: int64(p.Unique),
				UID: int64(p.EUID), Persona: int64(p.Persona), Boot: r.Boot.UUID.String(), Parts: int64(r.Chunksets),
				NoStrings: p.Path() == "", Uncertain: clock > unifiedlog.ClockEarly,
			}
			if first != 0 {
				one.First, one.Last = epoch.UnixNano(first), epoch.UnixNano(last)
			}
			if !p.UUID.IsZero() {
				one.UUID = p.UUID.String()
			}
			at := record.Origin{Path: log.Path(r.File), Table: "catalog", Offset: r.Offset}
			if !yield(in.Record(at, one), nil) {
				return
			}
		}
		for _, err := range errs {
			if !yield(record.Record{}, err) {
				return
			}
		}
	}
}
