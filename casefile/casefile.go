// Package casefile stores a case in a folder: what was examined, what was
// found, how far the examination went, and who ran it.
//
// Results are written once, under another name until they are complete, and
// never changed. The same evidence and the same versions give the same bytes,
// whatever the number of workers; times of the examination are in log.jsonl
// only.
package casefile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
)

// Schema is the version of the layout of a case and of its files. It grows
// when something is added, and its first number when something changes meaning.
const Schema = "1.0"

// A Case is a folder with everything known about one investigation.
//
//	case.json                 schema, tool, indicators and rules used
//	verdict.json              how it ended; "incomplete" until the very end
//	sources/<id>.json         kind, device, notes, what was planned
//	hashes/<id>.jsonl         digests of the files read, as stored
//	records/<id>/*.jsonl      one file for each job
//	coverage/<id>/*.json      how far each job went; its existence completes the job
//	detection/<id>/*.jsonl    findings and observations of each job
//	findings.jsonl            all findings, gravest first
//	coverage.jsonl            the ledger: one line for each artifact of each source
//	timeline.jsonl, .csv      every time of every record, sorted
//	contents.jsonl            digests of the files above
//	log.jsonl                 who ran which version with which arguments, and when
//	cache/                    indexes; may be deleted
type Case struct {
	Dir string
}

// A Description is the content of case.json.
type Description struct {
	Schema     string   `json:"schema"`
	Tool       string   `json:"tool"`       // program and version
	Sources    []string `json:"sources"`    // IDs, in order
	Detection  string   `json:"detection"`  // fingerprint of indicators and rules
	Indicators []Feed   `json:"indicators"` // the feeds used
	Rules      Rules    `json:"rules"`
}

// A Feed is a set of indicators that was used.
type Feed struct {
	Name      string         `json:"name"`
	SHA256    string         `json:"sha256"`
	Retrieved string         `json:"retrieved,omitempty"` // RFC 3339 date
	Licence   string         `json:"licence,omitempty"`
	Accepted  int            `json:"accepted"`
	Refused   int            `json:"refused"`
	Reasons   map[string]int `json:"reasons,omitempty"` // of what was refused
}

// Rules tells which rules were used.
type Rules struct {
	Count  int    `json:"count"`
	SHA256 string `json:"sha256"`
}

// A Source is the content of sources/<id>.json.
type Source struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	Kind   string          `json:"kind"`
	Parent string          `json:"parent,omitempty"`
	Device evidence.Device `json:"device"`
	Notes  []evidence.Note `json:"notes"`
	Listed int64           `json:"listed"` // files that the acquisition lists
	Jobs   int             `json:"jobs"`
	Plan   string          `json:"plan"` // fingerprint of the jobs and of the tool

	// Clock is what the acquisition records of the offsets from UTC that the clock
	// of the phone had; none if it does not, or the source is of no iPhone.
	Clock []epoch.Span `json:"clock,omitempty"`
}

// ErrOther is wrapped by the error for a folder that holds something else than
// what is to be examined.
var ErrOther = errors.New("the folder holds something else")

// Create opens the folder of a case, new or to be resumed. A folder that is
// not empty and holds no case is refused.
func Create(dir string) (*Case, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create case: %w: %w", ErrOther, err)
	}
	c := &Case{Dir: dir}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("create case: %w: %w", ErrOther, err)
	}
	if len(list) == 0 {
		return c, nil
	}
	if acts, _ := c.Acts(); len(acts) == 0 {
		return nil, fmt.Errorf("create case in %s: %w: it is not empty and no case", dir, ErrOther)
	}
	return c, nil
}

// Begun reports whether an earlier run described what the case examines.
func (c *Case) Begun() bool { return exists(c.path("case.json")) }

// Open opens an existing case for reading.
func Open(dir string) (*Case, error) {
	c := &Case{Dir: dir}
	if _, err := os.Stat(c.path("case.json")); err != nil {
		return nil, fmt.Errorf("open case: %s is no folder of a case: %w", dir, err)
	}
	return c, nil
}

func (c *Case) path(parts ...string) string {
	return filepath.Join(append([]string{c.Dir}, parts...)...)
}

// validSource is what IDs of sources look like: they name folders of the case.
var validSource = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Describe writes case.json.
func (c *Case) Describe(d Description) error {
	d.Schema = Schema
	return c.writeJSON(d, "case.json")
}

// Description reads case.json. IDs of sources that could name something outside
// of the case are refused: a case may come from somebody else.
func (c *Case) Description() (Description, error) {
	var d Description
	if err := c.readJSON(&d, "case.json"); err != nil {
		return d, err
	}
	for _, id := range d.Sources {
		if !validSource.MatchString(id) {
			return d, fmt.Errorf("read case.json: %q is no ID of a source", id)
		}
	}
	return d, nil
}

// AddSource writes sources/<id>.json.
func (c *Case) AddSource(s Source) error {
	if !validSource.MatchString(s.ID) {
		return fmt.Errorf("add source: %q is no ID of a source", s.ID)
	}
	return c.writeJSON(s, "sources", s.ID+".json")
}

// Sources reads the descriptions of the sources, in order.
func (c *Case) Sources() ([]Source, error) {
	d, err := c.Description()
	if err != nil {
		return nil, err
	}
	var list []Source
	for _, id := range d.Sources {
		var s Source
		if err := c.readJSON(&s, "sources", id+".json"); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// A Verdict says how an examination ended. It is written first as incomplete
// and replaced at the very end, so that a crash can be seen.
type Verdict struct {
	Schema   string                 `json:"schema"`
	State    State                  `json:"state"`
	Exit     int                    `json:"exit"` // exit status of the program
	Findings map[string]int         `json:"findings"`
	Coverage map[engine.Outcome]int `json:"coverage"`
	Reason   string                 `json:"reason,omitempty"` // why it is incomplete
}

// State says whether an examination was carried through.
type State string

// The states of an examination.
const (
	Incomplete State = "incomplete"
	Concluded  State = "complete"
)

// The exit statuses of the program.
const (
	ExitQuiet      = 0 // complete, no finding above context
	ExitFindings   = 1 // findings of "needs an expert" or more
	ExitUsage      = 2 // wrong usage
	ExitIncomplete = 3 // no finding above context, but something was not examined
	ExitNothing    = 4 // nothing could be examined
)

// SetVerdict writes verdict.json.
func (c *Case) SetVerdict(v Verdict) error {
	v.Schema = Schema
	return c.writeJSON(v, "verdict.json")
}

// Verdict reads verdict.json.
func (c *Case) Verdict() (Verdict, error) {
	var v Verdict
	return v, c.readJSON(&v, "verdict.json")
}

// Judge concludes from findings and ledger how an examination ended.
func Judge(findings map[detect.Grade]int, ledger []engine.Coverage) Verdict {
	v := Verdict{Schema: Schema, State: Concluded, Findings: map[string]int{}, Coverage: map[engine.Outcome]int{}}
	for g := detect.Context; g <= detect.Confirmed; g++ {
		v.Findings[g.String()] = findings[g]
	}
	read, missed := 0, 0
	for _, l := range ledger {
		v.Coverage[l.Outcome]++
		switch {
		case l.Outcome == engine.Complete || l.Outcome == engine.Empty || l.Outcome == engine.Partial:
			read++
		}
		if l.Outcome.Incomplete() && l.Reason != engine.ReasonPrivate {
			missed++
		}
	}
	switch {
	case findings[detect.NeedsExpert]+findings[detect.Strong]+findings[detect.Confirmed] > 0:
		v.Exit = ExitFindings
	case read == 0:
		v.Exit = ExitNothing
	case missed > 0:
		v.Exit = ExitIncomplete
	}
	return v
}

// writeJSON writes a file whole or not at all.
func (c *Case) writeJSON(v any, name ...string) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name[len(name)-1], err)
	}
	return c.writeFile(append(data, '\n'), name...)
}

func (c *Case) writeFile(data []byte, name ...string) error {
	path := c.path(name...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

func (c *Case) readJSON(v any, name ...string) error {
	data, err := os.ReadFile(c.path(name...))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read %s: %w", name[len(name)-1], err)
	}
	return nil
}

// lines calls fn with each line of a file of JSON lines, which may be absent.
func lines(path string, fn func([]byte) error) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, bufferSize)
	var long []byte
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, line...)
			continue
		}
		if long != nil {
			line, long = append(long, line...), nil
		}
		if len(line) > 0 {
			if err := fn(line); err != nil {
				return fmt.Errorf("read %s: %w", filepath.Base(path), err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
	}
}
