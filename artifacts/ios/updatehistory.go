package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"regexp"
	"slices"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/daemonlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// UpdateHistory reads the logs of updates of iOS.
var UpdateHistory = artifact.Parser{
	ID:    "ios.updatehistory",
	Title: lang.Text{EN: "Logs of updates of iOS", FR: "Journaux des mises à jour d'iOS"},
	Doc: `A sysdiagnose has logs of the programs that update iOS and what belongs to it: history
of downloads and installations, logs of the update itself, and of assets such as models
and fonts; a file system has the log of the last restoration. Builds of iOS in them tell
which was running when, and so which exploits were possible. The forms of these logs
differ by version and are not published: messages are kept as they are, with the builds
that they name. See also ios.activationlog, ios.brctl and ios.iosversions.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MobileSoftwareUpdate/*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/OTAUpdateLogs/*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MSU/*.log*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/MobileSoftwareUpdate/restore.log"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MSU/*.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MobileAsset/history/*"},
	},
	Record: updateHistoryMessage{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://support.apple.com/guide/deployment/about-software-updates-depc4c80847a/web"},
	Clock:  artifact.LogClock,
	Parse: func(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		text, err := from.Gunzip(in)
		return func(yield func(record.Record, error) bool) {
			if err != nil && (!yield(record.Record{}, err) || text == nil) {
				return
			}
			name := path.Base(in.Path)
			from.DaemonLog(func(e daemonlog.Entry) updateHistoryMessage { return updateHistoryRow(name, e) })(ctx, text)(yield)
		}
	},
}

// updateHistoryMessage is one message. One before the first date has no time.
type updateHistoryMessage struct {
	Time  record.Time     `json:"time"`  // start of the line, if it has an offset from UTC
	Clock record.WallTime `json:"clock"` // start of the line without: clock of the phone, no zone

	File    string      `json:"file"`             // name of the log
	PID     *int64      `json:"pid,omitempty"`    // in brackets: process identifier
	Writer  string      `json:"writer,omitempty"` // method or function that wrote it
	Builds  []string    `json:"builds,omitempty"` // words that have the form of a build, such as 22D63, each once
	Message record.Text `json:"message"`          // the rest, lines that go on included
	Left    int64       `json:"left,omitempty"`   // bytes beyond the limits, which are not kept
}

// String implements [record.Data].
func (m updateHistoryMessage) String() string {
	return record.Line(fmt.Sprintf("Update %v: %s", m.Builds, m.Message))
}

// updateHistoryBuild is a build of iOS, which begins with the number of the kernel.
var updateHistoryBuild = regexp.MustCompile(`\b(?:1[0-9]|2[0-9])[A-HK-R][0-9]{2,4}[a-z]?\b`)

// updateHistoryMaxBuilds bounds the builds of one message.
const updateHistoryMaxBuilds = 16

func updateHistoryRow(name string, e daemonlog.Entry) updateHistoryMessage {
	m := updateHistoryMessage{File: name, PID: from.Count(int(e.PID)), Writer: e.Origin, Message: from.LogText(e), Left: int64(e.More)}
	m.Clock, m.Time = from.LogTime(e)
	for _, build := range updateHistoryBuild.FindAllString(e.Message, 4*updateHistoryMaxBuilds) {
		if len(m.Builds) < updateHistoryMaxBuilds && !slices.Contains(m.Builds, build) {
			m.Builds = append(m.Builds, build)
		}
	}
	return m
}
