package dumpsys

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// An InstallSession is one installation, under way, done or failed, of the
// section of the service package.
type InstallSession struct {
	Line        int
	ID          int    // -1 if no number
	List        string // "Active install sessions", "Finalized …", "Historical …"
	User        int
	Installer   string // package that made the session; "" for null
	Initiating  string
	Originating string
	UID         int       // of the installer; -1 if not recorded
	Created     time.Time // UTC
	Updated     time.Time // UTC
	Committed   time.Time // UTC; zero if it was not
	App         string    // appPackageName
	URI         string    // originatingUri
	Referrer    string
	OriginUID   int    // originatingUid; -1 if not recorded
	Message     string // mFinalMessage
	Fields      []Pair // all, in the order of the text
}

// maxSession limits the text of one session in bytes.
const maxSession = 1 << 20

// InstallSessions yields the install sessions of the section of the service
// package. Their lines are broken at 120 columns, in the middle of words.
func InstallSessions(text iter.Seq[lines.Line]) iter.Seq2[InstallSession, error] {
	return func(yield func(InstallSession, error) bool) {
		r := report{service: "package"}
		list := ""
		var s *InstallSession
		var body strings.Builder
		flush := func() bool {
			if s == nil {
				return true
			}
			s.read(body.String())
			body.Reset()
			done := *s
			s = nil
			return yield(done, nil)
		}
		sessions := func(h string) bool { return strings.HasSuffix(h, "install sessions:") }
		for l := range Under(r.watch(text), sessions) {
			line := l.String()
			n := indentation(l.Text)
			id, ok := strings.CutPrefix(strings.TrimSpace(line), "Session ")
			switch {
			case n.columns == 0 && sessions(strings.TrimRight(line, " ")):
				if r.found = true; !flush() {
					return
				}
				list = strings.TrimSuffix(strings.TrimRight(line, " "), ":")
			case ok && strings.HasSuffix(id, ":") && n.columns <= 4:
				if !flush() {
					return
				}
				s = &InstallSession{Line: l.Number, List: list, ID: integer(strings.TrimSuffix(id, ":")), UID: -1, OriginUID: -1, User: -1}
			case s == nil:
				if t := strings.TrimSpace(line); t != "" && t != "{}" {
					r.unknown(l.Number, line)
				}
			case body.Len() > maxSession:
				r.unknown(l.Number, "session too large")
			case n.columns > 2: // a line of its own
				body.WriteString(" " + line[n.bytes:])
			default: // the rest of a broken one
				body.WriteString(line[n.bytes:])
			}
		}
		if flush() {
			finish(&r, "install sessions", yield)
		}
	}
}

func (s *InstallSession) read(body string) {
	for k, v := range Pairs(body) {
		if k == "" {
			continue
		}
		s.Fields = append(s.Fields, Pair{k, v})
		switch k {
		case "userId":
			s.User = integer(v)
		case "mOriginalInstallerPackageName":
			s.Installer = null(v)
		case "installerPackageName":
			if s.Installer == "" {
				s.Installer = null(v)
			}
		case "installInitiatingPackageName":
			s.Initiating = null(v)
		case "installOriginatingPackageName":
			s.Originating = null(v)
		case "mInstallerUid":
			s.UID = integer(v)
		case "originatingUid":
			s.OriginUID = integer(v)
		case "createdMillis":
			s.Created = millis(v)
		case "updatedMillis":
			s.Updated = millis(v)
		case "committedMillis":
			s.Committed = millis(v)
		case "appPackageName":
			s.App = null(v)
		case "originatingUri":
			s.URI = null(v)
		case "referrerUri":
			s.Referrer = null(v)
		}
	}
	if _, m, ok := strings.Cut(body, "mFinalMessage="); ok {
		s.Message, _, _ = strings.Cut(m, " params.")
	}
}

// millis reads milliseconds since 1970 UTC; it is zero for 0 and what is no number.
func millis(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}
