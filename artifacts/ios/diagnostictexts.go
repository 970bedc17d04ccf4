package ios

import (
	"context"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/daemonlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DiagnosticTexts reads texts in a sysdiagnose that have no artifact of their own.
var DiagnosticTexts = artifact.Parser{
	ID:    "ios.diagnostictexts",
	Title: lang.Text{EN: "Other texts in a sysdiagnose", FR: "Autres textes d'un sysdiagnose"},
	Doc: `A sysdiagnose has texts of many tools whose form is not published: declarative
management (rmd), access to profiles, jobs of launchd, extensions of the kernel,
cryptexes, settings, states and events of networks, use of processors, accounts and
file providers. Lines are kept as they are, with the bundle identifiers and paths in
them, so that indicators are compared with them; lines that begin with a date are
messages of a log. What they mean has to be read. A text that is missing says nothing, since each version has others.`,
	Inputs: diagnosticTextsInputs(
		"Preferences/**/*.txt", "WiFi/*_status.txt", "WiFi/diagnostics-*.txt", "fileproviderctl.log", "FileProvider/*.txt", "FileProvider/*.log",
		"kextstat.txt", "launchctl-*.txt", "nvram.txt", "ltop.txt", "jetsam_priority.txt", "pcsstatus.txt", "pcstatus.txt", "sysctl.txt", "sw_vers.txt", "uptime.txt",
		"logs/Accounts/*", "logs/LaunchServices/*", "logs/ProtectedCloudStorage/*", "logs/OSEligibility/*.txt", "logs/fsck/*.log", "logs/libcryptex/*.txt",
		"logs/profile_access/*.txt", "logs/rmd/*.txt", "logs/NetworkRelay/*.txt", "logs/NetworkRelay/*.log", "logs/itunesstored/com.apple.itunesstored/*",
		"WiFi/*.tgz", "libtrace/*.log", "logs/appinstallation/*.log*", "logs/AppConduit/*.log*", "logs/ManagedSettings/*.txt", "logs/parsecd/*.txt",
	),
	Record: diagnosticTextsLine{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse: func(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		head := make([]byte, 16)
		n, _ := in.File.ReadAt(head, 0)
		if strings.HasPrefix(string(head[:n]), "SQLite format 3") || strings.HasPrefix(string(head[:n]), "bplist") {
			return func(func(record.Record, error) bool) {} // no text
		}
		return diagnosticTextsRead(ctx, in)
	},
}

// diagnosticTextsRead reads a text, or those in a compressed archive: the tables and logs
// of Wi-Fi come in such.
func diagnosticTextsRead(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for text, err := range from.PackedTexts(in) {
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			name := strings.TrimPrefix(in.Path, "sysdiagnose/")
			if text.Name != "" {
				name += "/" + text.Name
			}
			for r, err := range from.DaemonLog(func(e daemonlog.Entry) diagnosticTextsLine { return diagnosticTextsRow(name, e) })(ctx, text.Input) {
				if !yield(r, err) {
					return
				}
			}
		}
	}
}

func diagnosticTextsInputs(globs ...string) (patterns []artifact.Pattern) {
	for _, glob := range globs {
		patterns = append(patterns, artifact.Pattern{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/" + glob})
	}
	return patterns
}

// diagnosticTextsLine is one line, or one message of a log.
type diagnosticTextsLine struct {
	Time  record.Time     `json:"time"`  // start of the line, if it has an offset from UTC
	Clock record.WallTime `json:"clock"` // start of the line without: clock of the phone, no zone

	File  string        `json:"file"`            // path in the sysdiagnose, and in the archive there
	Text  record.Text   `json:"text"`            // the line without the time, or the lines of the message
	Apps  []record.App  `json:"apps,omitempty"`  // words that have the form of a bundle identifier
	Paths []record.Path `json:"paths,omitempty"` // words that are absolute paths
	Left  int64         `json:"left,omitempty"`  // bytes beyond the limits, which are not kept
}

// String implements [record.Data].
func (l diagnosticTextsLine) String() string { return record.Line(l.File + ": " + string(l.Text)) }

func diagnosticTextsRow(name string, e daemonlog.Entry) diagnosticTextsLine {
	text := string(from.LogText(e))
	if e.Origin != "" {
		text = e.Origin + ": " + text
	}
	for _, p := range e.Pairs {
		text += "\n" + p.Key + ": " + p.Value
	}
	l := diagnosticTextsLine{File: name, Text: record.Text(strings.TrimSpace(text + "\n" + e.Plist)), Left: int64(e.More)}
	l.Clock, l.Time = from.LogTime(e)
	l.Apps, l.Paths = from.Words(text)
	return l
}
