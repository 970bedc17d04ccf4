package report

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
)

// What a report shows at most; the case holds the rest.
const (
	maxGroups   = 300 // groups of findings
	maxExhibits = 20  // records in a group
	maxDigests  = 500 // files of a source
	maxAround   = 8   // entries of the timeline on each side of a record
)

// around is how far the timeline around a record reaches on each side.
const around = 30 * time.Minute

// A view is everything that the template shows.
type view struct {
	Lang     string
	Case     casefile.Description
	Verdict  casefile.Verdict
	Sources  []source
	Groups   []*group
	Hidden   int // findings in groups that are not shown
	Ledger   []ledgerPart
	Acts     []casefile.Act
	LogError error

	titles map[string]lang.Text // of artifacts
	c      *casefile.Case
}

// A source is an acquisition as the report shows it.
type source struct {
	casefile.Source
	Digests []engine.Digest
	More    int // digests that are not shown
}

// A group is the findings of one detector on one value.
type group struct {
	detect.Finding     // the first one
	Count          int // of records
	Exhibits       []exhibit
	Around         []casefile.TimelineLine // around the first exhibit that has a time
	Number         int

	last string // where the last record lies
}

// show adds a record to the group, once: two of its fields may have matched.
func (g *group) show(e exhibit) {
	at := e.Artifact + e.Origin.Source + e.Origin.String()
	if at == g.last {
		return
	}
	g.last = at
	g.Count++
	if len(g.Exhibits) < maxExhibits {
		g.Exhibits = append(g.Exhibits, e)
	}
}

// An exhibit is a record of a finding.
type exhibit struct {
	detect.Exhibit
	Match   *detect.Match
	Assumed time.Time // when it was, by an assumed zone, if only a clock without one dates it
}

// A ledgerPart is the lines of the ledger with one outcome.
type ledgerPart struct {
	Outcome engine.Outcome
	Lines   []engine.Coverage
	Others  int // lines about artifacts of other systems, which are not shown
}

func newView(c *casefile.Case, code string) (*view, error) {
	v := &view{Lang: code, c: c, titles: map[string]lang.Text{}}
	for _, p := range artifacts.Parsers {
		v.titles[p.ID] = p.Title
	}
	var err error
	if v.Case, err = c.Description(); err != nil {
		return nil, err
	}
	if v.Verdict, err = c.Verdict(); err != nil {
		return nil, err
	}
	if err := v.sources(); err != nil {
		return nil, err
	}
	if err := v.findings(); err != nil {
		return nil, err
	}
	if err := v.ledger(); err != nil {
		return nil, err
	}
	v.Acts, v.LogError = c.Acts()
	return v, nil
}

func (v *view) sources() error {
	list, err := v.c.Sources()
	if err != nil {
		return err
	}
	for _, s := range list {
		digests, err := v.c.Digests(s.ID)
		if err != nil {
			return err
		}
		shown := digests[:min(len(digests), maxDigests)]
		v.Sources = append(v.Sources, source{s, shown, len(digests) - len(shown)})
	}
	return nil
}

// findings groups the findings: one detector, one value, one place in the
// report.
func (v *view) findings() error {
	groups := map[string]*group{}
	err := v.c.Findings(func(f detect.Finding) error {
		key := f.Grade.String() + "\x00" + f.Detector
		if f.Match != nil {
			key += "\x00" + f.Match.Value
		}
		g := groups[key]
		if g == nil {
			if len(v.Groups) == maxGroups {
				v.Hidden++
				return nil
			}
			g = &group{Finding: f, Number: len(v.Groups) + 1}
			groups[key] = g
			v.Groups = append(v.Groups, g)
		}
		for _, e := range f.Exhibits {
			x := exhibit{Exhibit: e, Match: f.Match}
			x.Assumed = v.assume(x)
			g.show(x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, g := range v.Groups {
		for _, e := range g.Exhibits {
			at := e.Time.Time
			if at.IsZero() {
				at = e.Assumed
			}
			if at.IsZero() {
				continue
			}
			if g.Around, err = v.c.Around(at, around, maxAround); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// ledger sorts the ledger by outcome, what went wrong first.
func (v *view) ledger() error {
	ledger, err := v.c.Ledger()
	if err != nil {
		return err
	}
	for _, o := range engine.Outcomes {
		var part []engine.Coverage
		others := 0
		for _, l := range ledger {
			switch {
			case l.Outcome != o:
			case l.Reason == engine.ReasonSystem:
				others++
			default:
				part = append(part, l)
			}
		}
		slices.SortStableFunc(part, func(a, b engine.Coverage) int {
			return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Artifact, b.Artifact))
		})
		if len(part)+others > 0 {
			v.Ledger = append(v.Ledger, ledgerPart{o, part, others})
		}
	}
	return nil
}

// Examined returns how many artifacts were read to the end, how many of these had no
// record, how many lines of the ledger are incomplete, and how many artifacts were not
// there.
func (v *view) Examined() map[string]int {
	n := map[string]int{}
	for _, p := range v.Ledger {
		for _, l := range p.Lines {
			switch {
			case l.Reason == engine.ReasonPrivate:
				n["private"]++
			case l.Outcome.Incomplete():
				n["incomplete"]++
			case l.Outcome == engine.Complete:
				n["whole"]++
			case l.Outcome == engine.Empty:
				n["whole"]++
				n["empty"]++
			case l.Outcome == engine.Absent:
				n["absent"]++
			}
			n["records"] += l.Records
		}
	}
	return n
}

// Part returns the note that says that an acquisition is only a part of a file system,
// nil if none is.
func (s source) Part() *evidence.Note {
	for i := range s.Notes {
		if s.Notes[i].Code == "filesystem-part" {
			return &s.Notes[i]
		}
	}
	return nil
}

// Expected returns the lines about what is absent or empty and normally there in
// this version of the system.
func (p ledgerPart) Expected() (list []engine.Coverage) {
	for _, l := range p.Lines {
		if l.Reason == engine.ReasonExpected {
			list = append(list, l)
		}
	}
	return list
}

// Date returns when the examination ended.
func (v *view) Date() time.Time {
	if len(v.Acts) == 0 {
		return time.Time{}
	}
	return v.Acts[len(v.Acts)-1].Time
}

func (v *view) funcs() template.FuncMap {
	return template.FuncMap{
		"t":  v.text,
		"in": func(x lang.Text) string { return x.In(v.Lang) },
		"grades": func() []detect.Grade {
			return []detect.Grade{detect.Confirmed, detect.Strong, detect.NeedsExpert, detect.Context}
		},
		"grade":   func(g detect.Grade) string { return strings.ReplaceAll(g.String(), " ", "-") },
		"outcome": func(o engine.Outcome) string { return strings.ReplaceAll(string(o), " ", "-") },
		"title":   v.title,
		"when":    v.when,
		"clock":   v.clock,
		"unzoned": v.unzoned,
		"showed":  v.clockAround,
		"span":    v.span,
		"spans":   spans,
		"day":     v.day,
		"date":    v.date,
		"shown":   shown,
		"link":    link,
		"note":    v.note,
		"style":   style,
		"reason":  v.reason,
		"count":   func(n int) string { return v.number(int64(n)) },
		"count64": v.number,
		"other":   v.other,
		"join":    func(list []string) string { return shown(strings.Join(list, " ")) },
	}
}

// text returns a text in the language of the report; arguments are pairs of
// names and values.
func (v *view) text(id string, args ...any) string {
	data := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		data[fmt.Sprint(args[i])] = args[i+1]
	}
	return shown(texts.Text(id, data).In(v.Lang))
}

// other returns the other language.
func (v *view) other() string {
	if v.Lang == "fr" {
		return "en"
	}
	return "fr"
}

func (v *view) title(id string) string {
	if t, ok := v.titles[id]; ok {
		return t.In(v.Lang)
	}
	switch id {
	case "acquisition", "hashes":
		return v.text("ledger-" + id)
	}
	return shown(id)
}

// reason says why an artifact was not run.
func (v *view) reason(l engine.Coverage) string {
	switch l.Reason {
	case engine.ReasonPrivate:
		return v.text("reason-private")
	case engine.ReasonExpected:
		return v.text("reason-expected")
	}
	return l.Reason
}

// Note says in a language what a note of an acquisition means, or else its code.
func Note(n evidence.Note, language string) string {
	return (&view{Lang: language}).note(n)
}

func (v *view) note(n evidence.Note) string {
	text := v.text("note-" + n.Code)
	if strings.HasPrefix(text, "⟨") {
		return shown(n.Code)
	}
	return text
}

// when writes an instant with its zone: an examiner must never guess it.
func (v *view) when(t time.Time) string {
	if t.IsZero() {
		return v.text("no-time")
	}
	layout := "2006-01-02 15:04:05.999"
	return t.UTC().Format(layout) + " UTC"
}

func (v *view) day(t time.Time) string {
	if t.IsZero() {
		return v.text("no-time")
	}
	if v.Lang == "fr" {
		return t.UTC().Format("02/01/2006 15:04") + " UTC"
	}
	return t.UTC().Format("2 January 2006 15:04") + " UTC"
}

// date writes a time that is kept as RFC 3339.
func (v *view) date(s string) string {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return v.day(t)
	}
	return shown(s)
}

// number writes a number with the separators of the language.
func (v *view) number(n int64) string {
	s := fmt.Sprint(n)
	sep := ","
	if v.Lang == "fr" {
		sep = "\u202f"
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + sep + s[i:]
	}
	return s
}

// shown makes visible what would otherwise trick the eye: characters that turn
// the direction of writing, that have no width, or that are no text.
func shown(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t':
			b.WriteRune(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Cf, r) && r != 0x200d, r == 0x115f, r == 0x3164:
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// link reports whether a reference may be a link: to a host on the web, with
// nothing that hides where it leads.
func link(ref string) bool {
	u, err := url.Parse(ref)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && shown(ref) == ref
}

func style() (template.CSS, error) {
	css, err := templates.ReadFile("style.css")
	return template.CSS(css), err
}
