package ios

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// KeyboardClients reads which apps used the keyboard.
var KeyboardClients = artifact.Parser{
	ID:    "ios.keyboardclients",
	Title: lang.Text{EN: "Apps that used the keyboard", FR: "Apps ayant utilisé le clavier"},
	Doc: `kbdebug.txt of a sysdiagnose has the last messages of the part of iOS that gives the keyboard to one app
at a time, with their times: which process, with which bundle identifier, connected and
disconnected. It reaches back minutes to hours, and shows which app was on the screen, or
something that has its name. Times are UTC with their offset. Messages that name no app
are kept, too.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/kbdebug.txt"}},
	Record: keyboardClientsMessage{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse:  keyboardClientsParse,
}

// keyboardClientsMessage is one message, which may have several lines.
type keyboardClientsMessage struct {
	Time    record.Time  `json:"time"`            // start of the message: with offset from UTC; absent if there is none, and the text then has all
	Level   string       `json:"level,omitempty"` // before the text: Debug, Error…
	Event   string       `json:"event,omitempty"` // "disconnected" for a lost connection, "connection" for another message on connections
	PID     *int64       `json:"pid"`             // first PID n: of the text
	App     record.App   `json:"app,omitempty"`   // after it: bundle identifier, or name of the process
	Apps    []record.App `json:"apps,omitempty"`  // of further ones, each once
	Message record.Text  `json:"message"`         // all lines
	Cut     bool         `json:"cut,omitempty"`   // the message is longer than what is kept
}

// String implements [record.Data].
func (m keyboardClientsMessage) String() string {
	if m.App != "" {
		return record.Line(fmt.Sprintf("keyboard: %s %s", m.App, m.Event))
	}
	return record.Line("keyboard: " + string(m.Message))
}

// Limits of one message.
const (
	keyboardClientsMaxText = 64 << 10 // bytes
	keyboardClientsMaxApps = 64
)

var (
	keyboardClientsStart  = regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [+-]\d{4}):\s?(?:([A-Za-z]{1,20}): )?`)
	keyboardClientsClient = regexp.MustCompile(`PID (\d{1,10}): ([^\s<>;,()\[\]{}]{1,255})`)
)

// keyboardClientsOpen is a message that is being read.
type keyboardClientsOpen struct {
	keyboardClientsMessage
	at   record.Origin
	text []byte
}

func keyboardClientsParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		var m keyboardClientsOpen
		flush := func() bool { return m.at.Row == 0 || yield(in.Record(m.at, m.finish()), nil) }
		for l, err := range from.Lines(in.File) {
			if err != nil {
				if flush() {
					yield(record.Record{}, fmt.Errorf("read line %d: %w", l.Number, err))
				}
				return
			}
			text := l.String()
			head := keyboardClientsStart.FindStringSubmatch(lines.Digits(text))
			if head == nil && m.at.Row == 0 && strings.TrimSpace(text) == "" {
				continue
			}
			if head != nil || m.at.Row == 0 {
				if !flush() {
					return
				}
				m = keyboardClientsOpen{at: from.AtLine(l), text: m.text[:0]}
			}
			if head != nil && m.begin(head) {
				text = string([]rune(text)[len(head[0]):]) // each digit is one rune
			}
			m.more(text)
		}
		flush()
	}
}

// begin reads time and level, and reports whether the time is one.
func (m *keyboardClientsMessage) begin(head []string) bool {
	m.Level = head[2]
	t, err := time.Parse("2006-01-02 15:04:05 -0700", head[1])
	if err != nil {
		return false
	}
	m.Time = record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
	return true
}

// more appends a line.
func (m *keyboardClientsOpen) more(text string) {
	if len(m.text)+len(text) > keyboardClientsMaxText {
		m.Cut = true
		return
	}
	if len(m.text) > 0 {
		m.text = append(m.text, '\n')
	}
	m.text = append(m.text, text...)
}

// finish finds the apps of the message.
func (m keyboardClientsOpen) finish() keyboardClientsMessage {
	text := strings.TrimRight(string(m.text), "\n \t")
	m.Message = record.Text(text)
	switch low := strings.ToLower(text); {
	case strings.Contains(low, "lost connection"), strings.Contains(low, "disconnect"):
		m.Event = "disconnected"
	case strings.Contains(low, "connect"):
		m.Event = "connection"
	}
	seen := map[string]bool{}
	for _, c := range keyboardClientsClient.FindAllStringSubmatch(text, keyboardClientsMaxApps) {
		if m.PID == nil {
			if n, err := strconv.ParseInt(c[1], 10, 64); err == nil {
				m.PID, m.App = &n, record.App(c[2])
			}
		} else if !seen[c[2]] && c[2] != string(m.App) {
			m.Apps = append(m.Apps, record.App(c[2]))
		}
		seen[c[2]] = true
	}
	return m.keyboardClientsMessage
}
