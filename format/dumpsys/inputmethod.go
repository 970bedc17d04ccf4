package dumpsys

import (
	"iter"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// An InputMethod is a keyboard, or another way of entering text, that is installed.
type InputMethod struct {
	Line     int
	ID       string // "pkg/.Service"
	User     int    // -1 if not recorded
	Settings string // class of its settings; "" if none
	Package  string
	UID      int    // -1 if not recorded
	Source   string // path of the app
	Enabled  string // "true", "false"; "" if the section does not tell which are enabled
	Current  bool   // in use at the time of the dump
	Other    []Pair
}

// InputMethods yields the input methods of the section of the service
// input_method.
func InputMethods(text iter.Seq[lines.Line]) iter.Seq2[InputMethod, error] {
	return func(yield func(InputMethod, error) bool) {
		r := report{service: "input_method"}
		s := inputMethods{user: -1}
		for l := range r.watch(text) {
			n := indentation(l.Text)
			line := strings.TrimSpace(l.String())
			if strings.HasPrefix(line, "Current Input Method Manager state") {
				r.found = true
			}
			if !s.line(line, l.Number, n.columns) {
				r.unknown(l.Number, line)
			}
		}
		for _, m := range s.list {
			if s.known {
				m.Enabled = "false"
				if slices.Contains(s.enabled, m.ID) {
					m.Enabled = "true"
				}
			}
			m.Current = slices.Contains(s.current, m.ID)
			if !yield(m, nil) {
				return
			}
		}
		finish(&r, "\"Current Input Method Manager state\"", yield)
	}
}

// inputMethods are those read, and what is told of all below them.
type inputMethods struct {
	list             []InputMethod
	user             int  // that the lines are about
	in               bool // below the heading of one
	column           int  // of that heading
	known            bool // which are enabled
	enabled, current []string
}

// line reads a line and reports whether its form is known.
func (s *inputMethods) line(line string, number, column int) bool {
	switch {
	case strings.HasPrefix(line, "InputMethod #"):
		if s.in, s.column = len(s.list) < maxRows, column; s.in {
			s.list = append(s.list, InputMethod{Line: number, User: s.user, UID: -1})
		}
		return s.in
	case s.in && (column > s.column || line == ""):
		s.list[len(s.list)-1].line(line)
		return true
	}
	s.in = false
	if _, list, ok := strings.Cut(line, "mLastEnabled="); ok {
		s.enable(strings.TrimRight(list, "}"))
	}
	for key, value := range Pairs(line) {
		switch key {
		case "mEnabledInputMethodsStrCache":
			s.enable(value)
		case "mCurMethodId", "mSelectedMethodId", "mCurId":
			if len(s.current) < maxRows {
				s.current = append(s.current, value)
			}
		case "mUserId", "UserId", "userId":
			if strings.HasPrefix(line, "User") {
				s.user = integer(value)
			}
		}
	}
	return true
}

// enable reads "pkg/.Service;subtype:pkg/.Other". An empty list is one that was
// not asked for yet.
func (s *inputMethods) enable(list string) {
	for _, m := range strings.Split(null(strings.TrimSpace(list)), ":") {
		if id, _, _ := strings.Cut(m, ";"); id != "" && len(s.enabled) < maxRows {
			s.known = true
			s.enabled = append(s.enabled, id)
		}
	}
}

func (m *InputMethod) line(line string) {
	for key, value := range Pairs(line) {
		switch {
		case key == "mId" && m.ID == "":
			m.ID = value
			m.Package, _, _ = strings.Cut(value, "/")
		case key == "mSettingsActivityName":
			m.Settings = null(value)
		case key == "uid" && m.UID < 0:
			m.UID = integer(value)
		case key == "sourceDir" && m.Source == "":
			m.Source = value
		case strings.HasPrefix(line, "mId=") && key != "":
			m.Other = append(m.Other, Pair{key, value})
		}
	}
}
