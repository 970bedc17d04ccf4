package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A Service is one running service of "dumpsys activity services".
type Service struct {
	Line         int
	User         int    // -1 if not recorded
	Component    string // "pkg/.Class"
	Package      string
	Process      string
	App          string // "9f579b4 7980:com.example/1002": process record with pid and uid; "" if it does not run
	Permission   string
	Foreground   bool
	Started      bool          // by startService, not only bound
	Created      time.Duration // before the dump, positive
	LastActivity time.Duration // before the dump, positive
	Caller       string        // recentCallingPackage, Android 11 and later
	Other        []Pair
}

// Services yields the running services of the section of the service activity,
// also of a dump of "activity services" alone.
func Services(text iter.Seq[lines.Line]) iter.Seq2[Service, error] {
	return func(yield func(Service, error) bool) {
		r := report{service: "activity services"}
		in := false
		for b := range Blocks(r.watch(text), 2) {
			if b.Indent == 0 && strings.HasPrefix(b.Text, "ACTIVITY MANAGER ") || strings.HasPrefix(b.Text, "Services in Current Activity Manager State") {
				in = strings.Contains(b.Text, "SERVICES (") || b.Text[0] == 'S'
				r.found = r.found || in
			}
			head, ok := strings.CutPrefix(b.Text, "* ServiceRecord{")
			if !in || !ok {
				continue
			}
			r.lost(b)
			s := Service{Line: b.Line, User: -1}
			f := strings.Fields(strings.TrimSuffix(head, "}"))
			if s.Component = f[len(f)-1]; len(f) >= 3 && strings.HasPrefix(f[1], "u") {
				s.User = integer(f[1][1:])
			}
			if !strings.Contains(s.Component, "/") {
				r.node(b)
			}
			for _, n := range b.Nodes {
				s.line(n)
			}
			if !yield(s, nil) {
				return
			}
		}
		finish(&r, "\"ACTIVITY MANAGER SERVICES\"", yield)
	}
}

func (s *Service) line(n *Node) {
	if key, value, ok := strings.Cut(n.Text, "="); ok {
		switch key {
		case "packageName":
			s.Package = value
			return
		case "processName":
			s.Process = value
			return
		case "permission":
			s.Permission = value
			return
		case "recentCallingPackage":
			s.Caller = value
			return
		case "app":
			s.App = strings.TrimSuffix(strings.TrimPrefix(null(value), "ProcessRecord{"), "}")
			return
		}
	}
	for k, v := range Pairs(n.Text) {
		switch k {
		case "createTime":
			s.Created = -span(v)
		case "lastActivity":
			s.LastActivity = -span(v)
		case "isForeground":
			s.Foreground = v == "true"
		case "startRequested":
			s.Started = v == "true"
		default:
			continue
		}
	}
	s.Other = append(s.Other, other(n))
}

// An Exit is why one process ended, of "dumpsys activity exit-info". Android 11
// and later keep about 16 of them for each package, over restarts.
type Exit struct {
	Line          int
	Package       string
	UID           int       // the package's; -1 if not recorded
	Time          time.Time // clock without zone
	PID           int       // -1 if not recorded
	Process       string
	Reason        int    // 5 native crash, 4 crash, 6 ANR, 2 signaled, …; -1 if not recorded
	ReasonName    string // "OTHER KILLS BY SYSTEM"
	SubReason     int    // -1 if not recorded
	SubReasonName string
	Status        string // exit code or signal
	Description   string
	Trace         string // file, "" for null
	Other         []Pair
}

// Exits yields the ends of processes of the section of the service activity.
func Exits(text iter.Seq[lines.Line]) iter.Seq2[Exit, error] {
	return func(yield func(Exit, error) bool) {
		r := report{service: "activity exit-info"}
		in, pkg, uid := false, "", -1
		for b := range Blocks(r.watch(text), 8) {
			switch {
			case strings.HasPrefix(b.Text, "ACTIVITY MANAGER ") && b.Indent == 0:
				in = strings.Contains(b.Text, "PROCESS EXIT INFO")
				r.found = r.found || in
			case !in:
			case strings.HasPrefix(b.Text, "-----") && b.Indent == 0:
				in = false
			case strings.HasPrefix(b.Text, "package: "):
				pkg, uid = b.Text[len("package: "):], -1
			case strings.HasPrefix(b.Text, "Historical Process Exit for "):
				uid = integer(Get(b.Text, "uid"))
			case strings.HasPrefix(b.Text, "ApplicationExitInfo "):
				e := Exit{Line: b.Line, Package: pkg, UID: uid, PID: -1, Reason: -1, SubReason: -1}
				for _, n := range b.Nodes {
					e.line(n.Text)
				}
				if e.Time.IsZero() {
					r.node(b)
				}
				if !yield(e, nil) {
					return
				}
			case b.Indent > 0:
				r.node(b)
			}
		}
		finish(&r, "\"PROCESS EXIT INFO\"", yield)
	}
}

// line reads one of the lines of an exit: their values have spaces and, where they
// are a code, the name in parentheses after it.
func (e *Exit) line(text string) {
	if _, at, ok := strings.Cut(text, "timestamp="); ok {
		e.Time = clock(at[:min(len(at), len("2006-01-02 15:04:05.000"))])
		_, text, _ = strings.Cut(at, " pid=")
		text = "pid=" + text
	}
	if i := strings.Index(text, "description="); i >= 0 {
		d := text[i+len("description="):]
		text = text[:i]
		if k := strings.LastIndex(d, " trace="); k >= 0 {
			e.Trace, d = null(d[k+len(" trace="):]), d[:k]
		}
		if k := strings.LastIndex(d, " state="); k >= 0 {
			e.Other, d = append(e.Other, Pair{"state", d[k+len(" state="):]}), d[:k]
		}
		e.Description = null(d)
	}
	last := ""
	for k, v := range Pairs(text) {
		switch k {
		case "pid":
			e.PID = integer(v)
		case "process":
			e.Process = v
		case "reason":
			e.Reason = integer(v)
		case "subreason":
			e.SubReason = integer(v)
		case "status":
			e.Status = v
		case "":
			if name := strings.TrimSuffix(strings.TrimPrefix(v, "("), ")"); last == "reason" { // "(APP CRASH(NATIVE))"
				e.ReasonName = name
			} else if last == "subreason" {
				e.SubReasonName = name
			}
			continue
		default:
			e.Other = append(e.Other, Pair{k, v})
		}
		last = k
	}
}
