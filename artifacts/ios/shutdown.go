package ios

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/format/shutdownlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Shutdown reads which processes kept shutdowns waiting.
var Shutdown = artifact.Parser{
	ID:    "ios.shutdown",
	Title: lang.Text{EN: "Processes that delayed a shutdown", FR: "Processus ayant retardé un arrêt"},
	Doc: `At the end of each shutdown, iOS waits for processes that have not ended, and writes those that it
still finds to shutdown.log, time after time until it writes when buffers were flushed. There
is one record for each such process in each shutdown: how often it was listed, and until
how many seconds after the start of the wait, which is a total and no increment.

A few Apple daemons, also several times, are usual at every shutdown. Published traces
of Pegasus, Reign and Predator were programs in /private/var/db/ and /private/var/tmp/ here.
Apple's own update programs lie in the staging folder of /private/var/db/, too.

Until iOS 25 the log grew for years and outlived updates; since iOS 26 each boot
starts it anew, and the file can be shutdown.0.log. What was not running while the
phone was shut down leaves nothing, and Pegasus is reported to have emptied the file since
about 2022. A shutdown whose last line is missing, since the battery ran out, the system
panicked or the log was copied while it was running, has no time: "after" then is when
the last one before was written. All shutdowns are in ios.shutdownsessions.`,
	Inputs: shutdownInputs,
	Record: shutdownClient{},
	Refs:   shutdownRefs,
	Parse: from.Decoded(shutdownDecode, func(c shutdownOne) (record.Origin, record.Data) {
		return record.Origin{Row: int64(c.client.Line), Offset: c.client.Offset}, shutdownRow(c)
	}),
}

// shutdownInputs are the places of the log, which may have been rotated.
var shutdownInputs = []artifact.Pattern{
	{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/diagnostics/shutdown*.log"},
	{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/Extra/shutdown*.log"},
}

var shutdownRefs = []string{
	"https://securelist.com/shutdown-log-lightweight-ios-malware-detection-method/111734/",
	"https://github.com/KasperskyLab/iShutdown",
	"https://iverify.io/blog/key-iocs-for-pegasus-and-predator-spyware-cleaned-with-ios-26-update",
}

// shutdownClient is one process in one shutdown.
type shutdownClient struct {
	Time    record.Time    `json:"time"`               // SIGTERM line: when buffers were flushed, seconds since 1970 UTC
	End     string         `json:"end"`                // how the lines of the shutdown end: "buffers flushed" if it has a time
	After   string         `json:"after,omitempty"`    // without a time: that of the last shutdown before in the log, UTC
	Name    record.Process `json:"name"`               // last part of the path
	Path    record.Path    `json:"path"`               // in parentheses, without the UUID
	UUID    string         `json:"uuid,omitempty"`     // last part of the path, of most versions: of the program, from the linker
	PID     int64          `json:"pid"`                // remaining client pid
	Notices int64          `json:"notices"`            // lines After … that list it
	First   float64        `json:"first"`              // seconds after the start of the wait, of the first of them
	Waited  float64        `json:"waited"`             // of the last of them
	Signal  bool           `json:"signaled,omitempty"` // a line says that it was told to end
	Session int64          `json:"session"`            // number of the shutdown in the log, from 1
}

// String implements [record.Data].
func (c shutdownClient) String() string {
	s := fmt.Sprintf("delayed a shutdown by %.2f s: %s [%d]", c.Waited, c.Path, c.PID)
	if c.After != "" {
		s += ", some time after " + c.After
	}
	return record.Line(s)
}

// shutdownOne is a process with its shutdown.
type shutdownOne struct {
	session shutdownlog.Session
	client  shutdownlog.Client
}

// shutdownDecode yields the processes of all shutdowns. What could not be read is told
// by ios.shutdownsessions.
func shutdownDecode(text iter.Seq[lines.Line]) iter.Seq2[shutdownOne, error] {
	return func(yield func(shutdownOne, error) bool) {
		for s, err := range shutdownlog.Decode(text) {
			if err != nil {
				return
			}
			for _, c := range s.Clients {
				if !yield(shutdownOne{s, c}, nil) {
					return
				}
			}
		}
	}
}

func shutdownRow(one shutdownOne) shutdownClient {
	s, c := one.session, one.client
	name := c.Path[strings.LastIndexByte(c.Path, '/')+1:]
	return shutdownClient{Time: epoch.Unix(s.Time), End: s.End.String(), After: shutdownAfter(s), Name: record.Process(name), Path: record.Path(c.Path),
		UUID: c.UUID, PID: c.PID, Notices: int64(c.Notices), First: c.First, Waited: c.Waited, Signal: c.Signaled, Session: int64(s.Number)}
}

// shutdownAfter returns the time before a shutdown that has none.
func shutdownAfter(s shutdownlog.Session) string {
	if s.Time != 0 || s.After == 0 {
		return ""
	}
	return epoch.Unix(s.After).Format(time.RFC3339)
}
