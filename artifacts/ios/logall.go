package ios

import (
	"context"
	"fmt"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LogAll reads every entry of the unified log.
var LogAll = artifact.Parser{
	ID:    "ios.logall",
	Title: lang.Text{EN: "All entries of the unified log", FR: "Toutes les entrées du journal unifié"},
	Doc: `Every entry of the unified log, in the order of time: what ios.log reads the events of. It is read
only with --all-logs, since it tells nearly everything that somebody did with the phone, and since it
is millions of records: some gigabytes in the case. Indicators are looked for in all
messages. To look at it without filling a case, use "vigie log".

A message whose format string is missing shows where that should be, and its arguments. Texts
that the phone marked private were not stored, or show as <private>.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/*.tracev3"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/diagnostics/**/*.tracev3"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/Diagnostics/**/*.tracev3"},
	},
	Record:  logAllEntry{},
	Private: true,
	Refs: []string{
		"https://github.com/libyal/dtformats/blob/main/documentation/Apple%20Unified%20Logging%20and%20Activity%20Tracing%20formats.asciidoc",
		"https://github.com/mandiant/macos-UnifiedLogs",
	},
	Parse: logAllParse,
}

// logAllEntry is one entry.
type logAllEntry struct {
	Time      record.Time    `json:"time"`                // continuous time of the entry, by the clock of the phone then; nanoseconds since 1970 UTC
	Type      string         `json:"type"`                // logEvent, activityCreateEvent, traceEvent, signpostEvent, stateEvent or lossEvent, as Apple's command says
	Level     string         `json:"level"`               // of a message; scope and kind of a signpost
	Process   record.Process `json:"process,omitempty"`   // last element of Path
	Path      record.Path    `json:"path,omitempty"`      // of the program
	PID       int64          `json:"pid"`                 // number of the process
	UID       int64          `json:"uid"`                 // effective user
	Thread    int64          `json:"thread,omitempty"`    // number of the thread
	Library   record.Path    `json:"library,omitempty"`   // whose code made the entry, if not the program
	Subsystem string         `json:"subsystem,omitempty"` // as com.apple.locationd
	Category  string         `json:"category,omitempty"`
	Message   record.Text    `json:"message,omitempty"`  // composed
	Activity  int64          `json:"activity,omitempty"` // to which the entry belongs; of an activity, its own
	Lost      int64          `json:"lost,omitempty"`     // of a loss: entries that are missing, at least
	Boot      string         `json:"boot"`               // UUID
	Clock     string         `json:"clock,omitempty"`    // how the time was found, if not from a sync record before the entry
}

// String implements [record.Data].
func (e logAllEntry) String() string {
	return record.Line(fmt.Sprintf("%s[%d] %s: %s", e.Process, e.PID, e.Level, e.Message))
}

// logAllMaxText is how many bytes of a message are kept.
const logAllMaxText = 64 << 10

func logAllParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
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
		boots := map[*unifiedlog.Boot]string{}
		var text []byte
		var stats unifiedlog.Stats
		for e, err := range log.Entries(ctx, unifiedlog.Filter{Stats: &stats}) {
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			if boots[e.Boot] == "" {
				boots[e.Boot] = e.Boot.UUID.String()
			}
			text = e.AppendMessage(text[:0])
			one := logAllOne(e, text[:min(len(text), logAllMaxText)])
			one.Boot = boots[e.Boot]
			if !yield(in.Record(log.At(e), one), nil) {
				return
			}
		}
		log.Note(&stats)
	}
}

// logAllOne makes the data of an entry.
func logAllOne(e *unifiedlog.Entry, text []byte) logAllEntry {
	one := logAllEntry{
		Type: e.Type.String(), Level: e.Level.String(), Process: record.Process(e.Process.Name()), Path: record.Path(e.Process.Path()),
		PID: int64(e.Process.PID), UID: int64(e.Process.EUID), Thread: int64(e.Thread), Subsystem: e.Subsystem, Category: e.Category,
		Message: record.Text(text), Activity: int64(e.Activity), Lost: int64(min(e.LossCount, 1<<62)),
	}
	if library, _ := e.Library(); library != e.Process.Path() {
		one.Library = record.Path(library)
	}
	if e.Clock != unifiedlog.ClockNone {
		one.Time = epoch.UnixNano(e.Nanos)
	}
	if e.Clock != unifiedlog.ClockSynced {
		one.Clock = e.Clock.String()
	}
	return one
}
