package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// An AccessibilityService is one service of the section accessibility, in one of
// its lists.
type AccessibilityService struct {
	Line         int
	User         int    // -1 if not recorded
	State        string // "installed", "enabled", "bound", "binding", "crashed", "shortcut key", "button"; "" in Android 9 and before
	Component    string // "pkg/.Class"; "" where the list gives only the label
	Label        string
	Capabilities int // bits: 1 window content, 2 touch exploration, 8 key events, 16 magnification, 32 gestures, 64 fingerprint, 128 screenshot; -1 not recorded
	EventTypes   string
	Feedback     string
}

// lists of services, by the words before the colon, in lower case.
var accessibilityLists = map[string]string{"installed services": "installed", "enabled services": "enabled",
	"bound services": "bound", "binding services": "binding", "crashed services": "crashed", "services": "",
	"shortcut key": "shortcut key", "button": "button", "button target": "button"}

// AccessibilityServices yields the services of the section of the service
// accessibility: the lists of AOSP, on one line each, and of Samsung, with one
// service a line.
func AccessibilityServices(text iter.Seq[lines.Line]) iter.Seq2[AccessibilityService, error] {
	return func(yield func(AccessibilityService, error) bool) {
		r := report{service: "accessibility"}
		user, state, open := -1, "", false
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			if strings.HasPrefix(line, "User state[") {
				r.found, user, open = true, -1, false
			}
			if _, id, ok := strings.Cut(line, "attributes:{id="); ok {
				id, _, _ = strings.Cut(id, ",")
				user = integer(strings.TrimRight(id, "}"))
			}
			name, list, ok := strings.Cut(line, ":")
			s, known := accessibilityLists[strings.ToLower(strings.TrimSpace(name))]
			list = strings.TrimSpace(list)
			heading := ok && known && strings.HasPrefix(list, "{") // Samsung prints some twice
			if open && !heading {
				if open = !strings.HasPrefix(line, "}"); open && line != "" {
					_, component, ok := strings.Cut(line, " : ")
					if !ok {
						r.unknown(l.Number, line)
					} else if !yield(AccessibilityService{l.Number, user, state, strings.TrimSpace(component), "", -1, "", ""}, nil) {
						return
					}
				}
				continue
			}
			if !heading {
				continue
			}
			if state, open = s, list == "{"; open {
				continue
			}
			for e := range accessibilityList(list, &r, l.Number) {
				e.Line, e.User, e.State = l.Number, user, s
				if !yield(e, nil) {
					return
				}
			}
		}
		finish(&r, "\"User state\"", yield)
	}
}

// accessibilityList reads "{{a/b}, {c/d}}", "{a/b, c/d}" and "{Service[label=…], …}".
func accessibilityList(list string, r *report, line int) iter.Seq[AccessibilityService] {
	return func(yield func(AccessibilityService) bool) {
		list = strings.TrimRight(list, "]")
		list = strings.TrimSuffix(strings.TrimPrefix(list, "{"), "}")
		for key, e := range Pairs(list) {
			if key != "" {
				e = key + "=" + e
			}
			s := AccessibilityService{Capabilities: -1}
			if attributes, ok := strings.CutPrefix(e, "Service["); ok {
				s.attributes(attributes)
			} else if s.Component = null(strings.Trim(e, "{}")); s.Component == "" {
				continue
			} else if !strings.Contains(s.Component, "/") {
				r.unknown(line, e)
				continue
			}
			if !yield(s) {
				return
			}
		}
	}
}

// attributes reads "label=Helper, feedbackType[FEEDBACK_GENERIC], capabilities=11, eventTypes=X".
func (s *AccessibilityService) attributes(text string) {
	label, rest, _ := strings.Cut(strings.TrimPrefix(text, "label="), ", feedbackType")
	s.Label = strings.TrimSuffix(label, "]")
	s.Feedback = Between(rest, "[", "]")
	_, rest, _ = strings.Cut(rest, "]")
	for k, v := range Pairs(rest) {
		switch v = strings.TrimRight(v, "]"); k {
		case "capabilities":
			s.Capabilities = int(number(v))
		case "eventTypes":
			s.EventTypes = v
		}
	}
}
