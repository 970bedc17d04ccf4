package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A DBOperation is one of the last operations of a connection to a database.
// Its SQL can hold personal data.
type DBOperation struct {
	Line       int
	PID        int    // of the process that holds the connection; -1 not recorded
	Process    string // "com.example.app"
	Pool       string // path of the database
	Connection int    // 0 is the first; -1 not recorded
	Primary    bool
	Time       time.Time // clock without zone; year 0 in Android 8 and before
	CallerPID  int       // Samsung: who asked, 0 for itself; -1 not recorded
	Action     string    // "executeForCursorWindow"
	Took       time.Duration
	Outcome    string // "succeeded", "failed", "running"
	SQL        string
}

// DBOperations yields the operations of all connections of the section of the
// service dbinfo.
func DBOperations(text iter.Seq[lines.Line]) iter.Seq2[DBOperation, error] {
	return func(yield func(DBOperation, error) bool) {
		r := report{service: "dbinfo"}
		at := DBOperation{PID: -1, Connection: -1, CallerPID: -1}
		list := -1 // indentation of the heading of a list of operations
		for l := range r.watch(text) {
			n := indentation(l.Text)
			line := strings.TrimSpace(l.String())
			if line == "" || at.place(line, &r) {
				list = -1
				continue
			}
			if line == "Most recently executed operations:" {
				list = n.columns
				continue
			}
			if list < 0 {
				continue
			}
			if n.columns <= list {
				list = -1
				continue
			}
			op := at
			if op.Line = l.Number; !op.operation(line) {
				if line != "<none>" {
					r.unknown(l.Number, line)
				}
				continue
			}
			if !yield(op, nil) {
				return
			}
		}
		finish(&r, "\"Applications Database Info:\"", yield)
	}
}

// place reads the headings that say where the next operations belong.
func (op *DBOperation) place(line string, r *report) bool {
	if rest, ok := strings.CutPrefix(line, "** Database info for pid "); ok {
		r.found = true
		pid, process, _ := strings.Cut(rest, " [")
		op.PID, op.Process = integer(pid), strings.TrimSuffix(process, "] **")
		op.Pool, op.Connection = "", -1
		return true
	}
	if rest, ok := strings.CutPrefix(line, "Connection pool for "); ok {
		r.found = true
		op.Pool, op.Connection = strings.TrimSuffix(rest, ":"), -1
		return true
	}
	if rest, ok := strings.CutPrefix(line, "Connection #"); ok {
		op.Connection, op.Primary = integer(strings.TrimSuffix(rest, ":")), false
		return true
	}
	r.found = r.found || line == "Applications Database Info:"
	primary, ok := strings.CutPrefix(line, "isPrimaryConnection: ")
	op.Primary = op.Primary || ok && primary == "true"
	return ok
}

// operation reads `0: [2031-02-01 12:21:44.097] [Pid:(0)]executeForLong took 0ms
// - succeeded, sql="…", path=…`.
func (op *DBOperation) operation(line string) bool {
	_, rest, ok := strings.Cut(line, ": [")
	at, rest, ok2 := strings.Cut(rest, "] ")
	t, ok3 := ParseTime(at)
	if !ok || !ok2 || !ok3 {
		return false
	}
	op.Time = t
	if pid, after, ok := strings.Cut(rest, ")]"); ok && strings.HasPrefix(pid, "[Pid:(") {
		op.CallerPID, rest = integer(pid[6:]), after
	}
	var head string
	head, op.SQL, ok = strings.Cut(rest, `, sql="`)
	if !ok {
		head, _, _ = strings.Cut(rest, ", path=")
	}
	if i := strings.LastIndex(op.SQL, `", path=`); i >= 0 {
		op.SQL = op.SQL[:i]
	} else if i := strings.LastIndex(op.SQL, `"`); i >= 0 {
		op.SQL = op.SQL[:i]
	}
	op.Action, rest, ok = strings.Cut(head, " took ")
	if !ok {
		op.Action, op.Outcome, _ = strings.Cut(head, " ")
		return op.Action != ""
	}
	var took string
	took, op.Outcome, _ = strings.Cut(rest, " - ")
	op.Took = span(took)
	return true
}

// A DBFile is one file of the tables "Database files in …" of Android 9 and later.
type DBFile struct {
	Line     int
	Path     string
	Size     int64
	Changed  time.Time // ctime, UTC
	Modified time.Time // mtime, UTC
	Accessed time.Time // atime, UTC
}

// DBFiles yields the files of the section of the service dbinfo. A section
// without such a table yields none: older Android versions do not print it.
func DBFiles(text iter.Seq[lines.Line]) iter.Seq2[DBFile, error] {
	return func(yield func(DBFile, error) bool) {
		r := report{service: "dbinfo", found: true}
		dir := ""
		for l := range r.watch(text) {
			line := strings.TrimRight(l.String(), " ")
			if rest, ok := strings.CutPrefix(line, "Database files in "); ok {
				dir = strings.TrimSuffix(rest, ":")
				continue
			}
			if !strings.HasPrefix(line, "  ") {
				dir = ""
			}
			if dir == "" {
				continue
			}
			f := DBFile{Line: l.Number}
			head, times, ok := strings.Cut(line, "b ctime=")
			i := strings.LastIndex(head, " ")
			if !ok || i < 0 {
				r.unknown(l.Number, line)
				continue
			}
			f.Path, f.Size = dir+"/"+strings.TrimSpace(head[:i]), number(head[i+1:])
			for k, v := range Pairs("ctime=" + times) {
				switch t, _ := time.Parse(time.RFC3339, v); k {
				case "ctime":
					f.Changed = t
				case "mtime":
					f.Modified = t
				case "atime":
					f.Accessed = t
				}
			}
			if !yield(f, nil) {
				return
			}
		}
		finish(&r, "", yield)
	}
}
