package dumpsys

import (
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// maxPool limits the strings that the history refers to by number.
const maxPool = 1 << 18

// A CheckinLine is one line of "dumpsys batterystats -c".
type CheckinLine struct {
	Line    int
	UID     int    // 0 for the phone as a whole
	Period  string // "i" information, "l" since charged, "c" current, "u" since unplugged
	Section string // "uid", "apk", "pr", "wl", "fg", "cam", "aud", …
	Fields  []string
}

// BatteryCheckin yields the statistics of the lines of "dumpsys batterystats -c",
// which begin with "9,". Those of the history are for [HistoryCheckin].
func BatteryCheckin(text iter.Seq[lines.Line]) iter.Seq2[CheckinLine, error] {
	return func(yield func(CheckinLine, error) bool) {
		r := report{service: "batterystats -c"}
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			f := splitQuoted(line)
			if line == "" || len(f) > 1 && (f[1] == "h" || f[1] == "hsp") {
				r.found = true
				continue
			}
			uid, err := strconv.Atoi(f[min(1, len(f)-1)])
			if len(f) < 4 || err != nil {
				r.unknown(l.Number, line)
				continue
			}
			r.found = true
			if !yield(CheckinLine{l.Number, uid, f[2], f[3], f[4:]}, nil) {
				return
			}
		}
		finish(&r, "checkin line", yield)
	}
}

// names of the events of the history, by their short forms.
var historyNames = map[string]string{"Epr": "proc", "Efg": "fg", "Etp": "top", "Esy": "sync", "Ewl": "wake_lock_in", "Ejb": "job",
	"Eur": "user", "Euf": "userfg", "Ecn": "conn", "Eac": "active", "Epi": "pkginst", "Epu": "pkgunin", "Eal": "alarm",
	"Est": "stats", "Eai": "pkginactive", "Eaa": "pkgactive", "Etw": "tmpwhitelist", "Esw": "screenwake", "Ewa": "wakeupap",
	"Elw": "longwake", "Eec": "est_capacity", "Esc": "state", "Eds": "display_state_changed", "Bl": "level", "r": "running", "w": "wake_lock"}

type pooled struct{ uid, text string }

// HistoryCheckin yields the history of the lines of "dumpsys batterystats -c" or
// "--history --checkin": times are exact and UTC, names those of the plain text
// where known, else the short form of the line.
func HistoryCheckin(text iter.Seq[lines.Line]) iter.Seq2[HistoryItem, error] {
	return func(yield func(HistoryItem, error) bool) {
		r := report{service: "batterystats -c", found: true}
		pool := map[string]pooled{}
		var at time.Time
		var elapsed time.Duration
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			f := splitQuoted(line)
			if len(f) < 3 || f[1] != "h" && f[1] != "hsp" {
				continue
			}
			if f[1] == "hsp" {
				if len(f) >= 5 && len(pool) < maxPool {
					pool[f[2]] = pooled{f[3], strings.Trim(f[4], `"`)}
				} else {
					r.unknown(l.Number, line)
				}
				continue
			}
			delta, rest, _ := strings.Cut(f[2], ":")
			ms, err := strconv.ParseInt(delta, 10, 64)
			if err != nil || ms < 0 || ms > int64(maxDays*24*time.Hour/time.Millisecond) {
				r.unknown(l.Number, line)
				continue
			}
			it := HistoryItem{Line: l.Number, Level: -1}
			step := time.Duration(ms) * time.Millisecond
			elapsed = min(elapsed+step, maxDays*24*time.Hour)
			if !at.IsZero() {
				at = at.Add(step)
			}
			rest, it.Reset = strings.CutPrefix(rest, "RESET:")
			if epoch, ok := strings.CutPrefix(rest, "TIME:"); ok {
				if n, err := strconv.ParseInt(epoch, 10, 64); err == nil {
					at = time.UnixMilli(n).UTC()
				}
			}
			if it.Time, it.Elapsed = at, elapsed; it.Reset {
				elapsed, it.Elapsed = 0, 0
			}
			it.short(f[3:], pool)
			if !yield(it, nil) {
				return
			}
		}
		finish(&r, "", yield)
	}
}

// short reads "Bl=95", "+Ejb=4", "-w", in which numbers of events refer to the pool.
func (it *HistoryItem) short(fields []string, pool map[string]pooled) {
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		e := HistoryEvent{Value: value}
		if name != "" && (name[0] == '+' || name[0] == '-') {
			e.Sign, name = name[0], name[1:]
		}
		if e.Name = historyNames[name]; e.Name == "" {
			e.Name = name
		}
		if n, err := strconv.Atoi(value); err == nil && name == "Bl" {
			it.Level = n
		}
		if p, ok := pool[value]; ok && (strings.HasPrefix(name, "E") || name == "w") {
			e.UID, e.Value = p.uid, p.text
		}
		if e.Name != "" {
			it.Events = append(it.Events, e)
		}
	}
}

// splitQuoted splits at commas outside quotes.
func splitQuoted(line string) (fields []string) {
	quoted, start := false, 0
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ',' && !quoted:
			fields, start = append(fields, line[start:i]), i+1
		}
	}
	return append(fields, line[start:])
}

// A CheckinPackage is one package of "dumpsys package --checkin", a short list
// that no blank line cuts.
type CheckinPackage struct {
	Line         int
	Name         string
	AppID        int // -1 if not a number
	VersionCode  int64
	Updated      time.Time // UTC; zero if 0
	Installer    string    // "" if none
	InstallerUID string    // Android 14 and later
	UpdateOwner  string    // Android 14 and later; "" if none
	Splits       []string
	Users        []CheckinUser
}

// A CheckinUser is the state of the package for one user.
type CheckinUser struct {
	ID           int
	Flags        string    // letters as printed; capital where set: I installed, B hidden, S suspended, …
	Enabled      string    // number
	LastDisabler string    // "" if none
	FirstInstall time.Time // UTC, Android 14 and later; zero if 0
}

// CheckinPackages yields the packages of "dumpsys package --checkin".
func CheckinPackages(text iter.Seq[lines.Line]) iter.Seq2[CheckinPackage, error] {
	return func(yield func(CheckinPackage, error) bool) {
		r := report{service: "package --checkin"}
		var p *CheckinPackage
		for l := range r.watch(text) {
			f := strings.Split(strings.TrimSpace(l.String()), ",")
			switch {
			case f[0] == "vers":
				r.found = true
			case f[0] == "pkg" && len(f) >= 4:
				if p != nil && !yield(*p, nil) {
					return
				}
				r.found = true
				p = checkinPackage(l.Number, f)
			case f[0] == "pkg-splt" && p != nil && len(f) >= 2 && len(p.Splits) < maxRows:
				p.Splits = append(p.Splits, f[1])
			case f[0] == "pkg-usr" && p != nil && len(f) >= 4 && len(p.Users) < maxRows:
				p.user(f)
			case strings.HasPrefix(f[0], "pkg"):
				r.unknown(l.Number, l.String())
			}
		}
		if p != nil && !yield(*p, nil) {
			return
		}
		finish(&r, "\"vers\"", yield)
	}
}

// checkinPackage reads "pkg,name,appId,version,updated,installer,…", in which
// Android 13 and before have the first installation before the update.
func checkinPackage(line int, f []string) *CheckinPackage {
	p := &CheckinPackage{Line: line, Name: f[1], AppID: integer(f[2]), VersionCode: number(f[3])}
	for i, v := range f[4:] {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && i < 2 && n > 0 {
			p.Updated = time.UnixMilli(n).UTC()
		} else if err != nil && p.Installer == "" {
			p.Installer, p.InstallerUID, p.UpdateOwner = checkinInstaller(v)
		}
	}
	return p
}

// installer is the name of the installer, its uid and the update owner, which
// Android 14 prints without commas: "com.example.store10078?", "?-1com.example".
var installer = regexp.MustCompile(`^(\?|[A-Za-z][\w.]*?)(-?\d+)(\?|[A-Za-z]\w*\.[\w.]+)$`)

func checkinInstaller(v string) (name, uid, owner string) {
	m := installer.FindStringSubmatch(v)
	if m == nil {
		return strings.Trim(v, "?"), "", ""
	}
	return strings.Trim(m[1], "?"), m[2], strings.Trim(m[3], "?")
}

// user reads "pkg-usr,0,IbsusLiavpiha,0,?,0,1715339415000".
func (p *CheckinPackage) user(f []string) {
	u := CheckinUser{ID: integer(f[1]), Flags: f[2], Enabled: f[3]}
	for i, v := range f[4:] {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > 1_000_000_000 {
			u.FirstInstall = time.UnixMilli(n).UTC()
		} else if i == 0 {
			u.LastDisabler = strings.Trim(v, "?")
		}
	}
	p.Users = append(p.Users, u)
}
