package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// An AppOp is one operation that a package, or all packages of a uid, may or may
// not do, with its last uses.
type AppOp struct {
	Line       int
	UID        string // "1000", "u0a123"
	Package    string // "" for a mode of the whole uid
	Op         string // "RECORD_AUDIO"
	Mode       string // "allow", "ignore", "deny", "default", "foreground"; of foregroundOps: "WATCHER", "SILENT"
	Switch     string // the operation that decides, if it is another one
	SwitchMode string
	Foreground bool // listed under foregroundOps
	Uses       []OpUse
}

// An OpUse is one use or refusal. Android keeps the last one for each state of
// the process and way of access.
type OpUse struct {
	Line     int
	Tag      string        // attribution tag, Android 11 and later; "" for null
	Rejected bool          // Reject, else Access
	State    string        // "top", "fgsvc", "fg", "bg", "cch", "pers"
	Flag     string        // "s" self, "tp" trusted proxy, "up" untrusted proxy, "tpd", "upd" proxied
	Time     time.Time     // clock without zone; zero in Android 9 and before
	Ago      time.Duration // before the dump, positive
	Duration time.Duration
	Proxy    string // "uid=10055, pkg=com.example.proxy, attributionTag=null"
	Running  bool   // it was going on at the time of the dump
	Nesting  int    // how often it was begun without end, if more than once
}

// AppOps yields the operations of the section of the service appops.
func AppOps(text iter.Seq[lines.Line]) iter.Seq2[AppOp, error] {
	return func(yield func(AppOp, error) bool) {
		r := report{service: "appops"}
		uid := ""
		for b := range Blocks(r.watch(text), 4) {
			if b.Indent < 4 {
				uid = ""
				if name, ok := strings.CutPrefix(b.Text, "Uid "); ok && b.Indent > 0 && !strings.HasPrefix(name, "State") {
					uid = strings.TrimSuffix(name, ":")
				}
				r.found = r.found || uid != "" || b.Text == "Current AppOps Service state:"
				continue
			}
			if uid == "" {
				continue
			}
			r.lost(b)
			pkg, ok := strings.CutPrefix(b.Text, "Package ")
			if !ok {
				pkg = ""
			}
			for _, n := range b.Nodes {
				op, known := appOp(n, &r)
				if !known {
					r.node(n)
					continue
				}
				op.UID, op.Package = uid, strings.TrimSuffix(pkg, ":")
				op.Foreground = b.Text == "foregroundOps:"
				if !yield(op, nil) {
					return
				}
			}
		}
		finish(&r, "state of the service", yield)
	}
}

// appOp reads "CAMERA (allow / switch X=allow): …" or "CAMERA: mode=ignore", and
// the uses below it.
func appOp(n *Node, r *report) (AppOp, bool) {
	op := AppOp{Line: n.Line}
	head, rest, ok := strings.Cut(n.Text, ":")
	name, mode, _ := strings.Cut(head, " (")
	if op.Op = name; !ok || strings.ContainsAny(name, " =") {
		return op, false
	}
	mode, change, _ := strings.Cut(strings.TrimSuffix(mode, ")"), " / switch ")
	op.Switch, op.SwitchMode, _ = strings.Cut(change, "=")
	op.Mode = mode
	op.old(rest, n.Line)
	for _, c := range n.Nodes {
		if tag, ok := strings.CutSuffix(c.Text, "=["); ok {
			for _, u := range c.Nodes {
				op.use(null(tag), u, r)
			}
		} else if c.Text != "]" {
			op.use("", c, r)
		}
	}
	return op, true
}

// use reads "Access: [top-s] 2031-02-01 11:22:33.444 (-2d1h3m4s5ms) duration=+1m2s3ms proxy[…]"
// and "Running start at: +3s12ms".
func (op *AppOp) use(tag string, n *Node, r *report) {
	kind, rest, ok := strings.Cut(n.Text, ": ")
	nesting, nested := strings.CutPrefix(n.Text, "startNesting=")
	switch k := len(op.Uses) - 1; {
	case nested && k >= 0:
		op.Uses[k].Nesting = integer(nesting)
	case kind == "Running start at" && ok:
		if k >= 0 && op.Uses[k].Tag == tag {
			op.Uses[k].Running = true
			return
		}
		op.Uses = append(op.Uses, OpUse{Line: n.Line, Tag: tag, Running: true, Ago: span(rest)})
	case (kind == "Access" || kind == "Reject") && ok && strings.HasPrefix(rest, "["):
		u := OpUse{Line: n.Line, Tag: tag, Rejected: kind == "Reject"}
		key, rest, _ := strings.Cut(rest[1:], "]")
		u.State, u.Flag, _ = strings.Cut(key, "-")
		at, rest, _ := strings.Cut(rest, "(")
		ago, rest, _ := strings.Cut(rest, ")")
		var known bool
		u.Time, known = ParseTime(strings.TrimSpace(at))
		u.Ago = -span(ago)
		u.Duration = span(Get(rest, "duration"))
		if _, proxy, ok := strings.Cut(rest, "proxy["); ok {
			u.Proxy = strings.TrimSuffix(strings.TrimSpace(proxy), "]")
		}
		if !known {
			r.unknown(n.Line, n.Text)
		}
		op.Uses = append(op.Uses, u)
	default:
		if n.Text != "]" {
			r.node(n)
		}
	}
}

// old reads what Android 9 and before print after the colon: "mode=allow;
// time=+1h2m ago; rejectTime=+3d ago; duration=+5s".
func (op *AppOp) old(text string, line int) {
	for part := range strings.SplitSeq(text, ";") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		ago := span(strings.TrimSuffix(value, " ago"))
		switch k := len(op.Uses) - 1; {
		case !ok && (key == "WATCHER" || key == "SILENT"), key == "mode":
			op.Mode = strings.TrimPrefix(key+"="+value, "mode=")
			op.Mode = strings.TrimSuffix(op.Mode, "=")
		case key == "time" || key == "rejectTime":
			op.Uses = append(op.Uses, OpUse{Line: line, Rejected: key == "rejectTime", Ago: ago})
		case key == "duration" && k >= 0:
			op.Uses[k].Duration = ago
		}
	}
}
