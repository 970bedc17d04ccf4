package ios

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/shutdownlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ShutdownSessions reads when the phone was shut down.
var ShutdownSessions = artifact.Parser{
	ID:    "ios.shutdownsessions",
	Title: lang.Text{EN: "Shutdowns", FR: "Arrêts du téléphone"},
	Doc: `shutdown.log has one line for each shutdown, with its time, and before it what delayed it
(see ios.shutdown, which also says how long the log stays). Two or three notices are usual;
five or more, or none over years, deserve a look.

Each boot that other artifacts show should have a shutdown before it, unless the system panicked,
was reset by force or the battery was empty. Before iOS 26, a log that is empty, or begins
much later than the phone was in use, has been emptied by something. Times that go back
mean that the clock was set, or that lines were changed.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/diagnostics/shutdown*.log"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/Extra/shutdown*.log"},
	},
	Record: shutdownSessionsSession{},
	Refs: []string{
		"https://securelist.com/shutdown-log-lightweight-ios-malware-detection-method/111734/",
		"https://github.com/KasperskyLab/iShutdown",
	},
	Parse: shutdownSessionsRead,
}

// shutdownSessionsSession is one shutdown.
type shutdownSessionsSession struct {
	Time      record.Time   `json:"time"`                 // SIGTERM line: when buffers were flushed, seconds since 1970 UTC
	End       string        `json:"end"`                  // how the lines of the shutdown end: "buffers flushed" if it has a time
	After     string        `json:"after,omitempty"`      // without a time: that of the last shutdown before in the log, UTC
	Session   int64         `json:"session"`              // number in the log, from 1
	Notices   int64         `json:"notices"`              // times that processes were found
	Waited    float64       `json:"waited"`               // seconds from the start of the wait to the last notice
	Clients   int64         `json:"clients"`              // processes that were found; see ios.shutdown
	Paths     []record.Path `json:"paths,omitempty"`      // their programs, the first ones, each once
	WentBack  bool          `json:"went_back,omitempty"`  // the time is before that of the last shutdown in the log
	Emptied   bool          `json:"emptied,omitempty"`    // the whole log has no byte, in a version that only adds to it: no shutdown
	Phases    []string      `json:"phases,omitempty"`     // names of the phases that began
	Other     []record.Text `json:"other,omitempty"`      // lines of another form
	OtherLeft int64         `json:"other_left,omitempty"` // lines and processes beyond the limits, which are not kept
}

// String implements [record.Data].
func (s shutdownSessionsSession) String() string {
	if s.Emptied {
		return "the log of shutdowns is empty"
	}
	line := fmt.Sprintf("shutdown with %d notices of delay", s.Notices)
	if s.Notices > 0 {
		line += fmt.Sprintf(", waited %.2f s for %d processes", s.Waited, s.Clients)
	}
	if !s.Time.IsSet() {
		line += ", time not recorded: " + s.End
	}
	return record.Line(line)
}

// shutdownSessionsRead reads a log. One without a byte gives a record that says so where
// the system is known to be one that only adds to it, which is until iOS 26.
func shutdownSessionsRead(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	major, _, _ := strings.Cut(in.Source.Device.Version, ".")
	const restarted = 26
	if n, err := strconv.Atoi(major); in.Size == 0 && err == nil && n > 0 && n < restarted {
		return func(yield func(record.Record, error) bool) {
			yield(in.Record(record.Origin{}, shutdownSessionsSession{Emptied: true}), nil)
		}
	}
	return shutdownSessionsParse(ctx, in)
}

// shutdownSessionsMaxPaths bounds the paths of one shutdown.
const shutdownSessionsMaxPaths = 64

var shutdownSessionsParse = from.Decoded(shutdownlog.Decode, func(s shutdownlog.Session) (record.Origin, record.Data) {
	d := shutdownSessionsSession{Time: epoch.Unix(s.Time), End: s.End.String(), Session: int64(s.Number), Notices: int64(s.Notices), Waited: s.Waited,
		Clients: int64(len(s.Clients)), WentBack: s.Time != 0 && s.Time < s.After, Phases: s.Phases, OtherLeft: int64(s.More)}
	if s.Time == 0 && s.After != 0 {
		d.After = epoch.Unix(s.After).Format(time.RFC3339)
	}
	seen := map[string]bool{}
	for _, c := range s.Clients {
		if !seen[c.Path] && len(d.Paths) < shutdownSessionsMaxPaths {
			seen[c.Path] = true
			d.Paths = append(d.Paths, record.Path(c.Path))
		}
	}
	for _, line := range s.Other {
		d.Other = append(d.Other, record.Text(line))
	}
	return record.Origin{Row: int64(s.Line), Offset: s.Offset}, d
})
