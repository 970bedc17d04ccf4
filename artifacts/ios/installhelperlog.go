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
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// InstallHelperLog reads the log of the privileged helper that installs apps.
var InstallHelperLog = artifact.Parser{
	ID:    "ios.installhelperlog",
	Title: lang.Text{EN: "Log of the app installation helper", FR: "Journal de l'assistant d'installation d'apps"},
	Doc: `mobile_installation_helper does for installd what needs more rights: it moves bundles
and containers and removes them. Its log is in backups, unlike that of installd, and
is replaced when it grows. It shows installations and removals of apps, also of apps
that are gone. Its times are those of the clock of the phone, without a zone. A short
or empty log is usual.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/Logs/mobile_installation_helper.log*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/installd/Library/Logs/MobileInstallation/mobile_installation_helper.log*"},
	},
	Record: installHelperLogLine{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP"},
	Parse:  installHelperLogParse,
}

// installHelperLogLine is one line. A line that goes on with a message has no time.
type installHelperLogLine struct {
	Time    record.WallTime `json:"time"`             // start of the line: clock of the phone, no zone
	Process int64           `json:"pid,omitempty"`    // in brackets: process identifier
	Level   string          `json:"level,omitempty"`  // in angle brackets: notice, err, debug…
	Thread  string          `json:"thread,omitempty"` // in parentheses: address of the thread
	Message record.Text     `json:"message"`          // the rest of the line
	Apps    []record.App    `json:"apps,omitempty"`   // words of the message that have the form of a bundle identifier
	Paths   []record.Path   `json:"paths,omitempty"`  // words of the message that are absolute paths
	Cut     bool            `json:"cut,omitempty"`    // the line is a piece of one longer than 256 KiB, or the log ends within it
}

// String implements [record.Data].
func (l installHelperLogLine) String() string {
	return record.Line(fmt.Sprintf("installation helper: %s", l.Message))
}

// installHelperLogLayout is the time at the start of a line, in which the day is
// padded with a space.
const installHelperLogLayout = "Mon Jan _2 15:04:05 2006"

// installHelperLogMaxWords bounds the identifiers and paths of one line.
const installHelperLogMaxWords = 32

func installHelperLogParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read line %d: %w", l.Number, err))
				return
			}
			if len(l.Text) == 0 {
				continue
			}
			line := installHelperLogOne(l.String())
			line.Cut = l.Cut
			if !yield(in.Record(from.AtLine(l), line), nil) {
				return
			}
		}
	}
}

// installHelperLogOne reads a line such as
//
//	Thu Nov 21 14:43:46 2019 [80] <notice> (0x16b3df000) -[Class method]: text
func installHelperLogOne(s string) installHelperLogLine {
	l := installHelperLogLine{Message: record.Text(s)}
	if n := len(installHelperLogLayout); len(s) >= n {
		if t, err := time.Parse(installHelperLogLayout, s[:n]); err == nil {
			l.Time = record.WallTime{Time: t}
			s = strings.TrimLeft(s[n:], " ")
			var pid string
			if pid, s = installHelperLogBetween(s, '[', ']'); pid != "" {
				l.Process, _ = strconv.ParseInt(pid, 10, 64)
			}
			l.Level, s = installHelperLogBetween(s, '<', '>')
			l.Thread, s = installHelperLogBetween(s, '(', ')')
			l.Message = record.Text(s)
		}
	}
	l.words(s)
	return l
}

// installHelperLogBetween returns what stands between two marks at the start of s,
// and the rest; "" and s if s does not begin with the first mark.
func installHelperLogBetween(s string, open, end byte) (inside, rest string) {
	if s == "" || s[0] != open {
		return "", s
	}
	i := strings.IndexByte(s, end)
	if i < 0 {
		return "", s
	}
	return s[1:i], strings.TrimLeft(s[i+1:], " ")
}

// words finds identifiers of apps and paths in a message.
func (l *installHelperLogLine) words(s string) {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\"'()[]<>{},;=", r) }) {
		word = strings.Trim(word, ".:")
		switch {
		case len(l.Paths) < installHelperLogMaxWords && strings.HasPrefix(word, "/") && strings.Count(word, "/") > 1:
			l.Paths = append(l.Paths, record.Path(word))
		case len(l.Apps) < installHelperLogMaxWords && installHelperLogIsApp(word):
			l.Apps = append(l.Apps, record.App(word))
		}
	}
}

// installHelperLogIsApp reports whether a word has the form of a bundle identifier:
// at least three names with dots between.
func installHelperLogIsApp(word string) bool {
	if strings.Count(word, ".") < 2 || strings.Contains(word, "..") || word[0] < 'A' {
		return false
	}
	for i := 0; i < len(word); i++ {
		if c := word[i]; c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
