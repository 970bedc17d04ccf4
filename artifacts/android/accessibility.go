package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Accessibility reads the accessibility services.
var Accessibility = artifact.Parser{
	ID:    "android.accessibility",
	Title: lang.Text{EN: "Accessibility services", FR: "Services d’accessibilité"},
	Doc: `An accessibility service that is enabled can read what is on the screen and press for
the user, which screen readers and password managers need and spying apps abuse. The
system tells the services of each user that are enabled, bound (running) or crashed;
Samsung's also tells those that are installed, which are many and mean little by
themselves. Bound services are often told by their label only. The state is as of the
dump: nothing tells what was enabled before. A phone where none is enabled gives no
records.`,
	Inputs: from.Dumpsys("accessibility"),
	Record: accessibilityService{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/accessibility/java/com/android/server/accessibility/AccessibilityManagerService.java",
	},
	Parse: from.Since("4.1", from.Dump(dumpsys.AccessibilityServices, accessibilityRow)),
}

// accessibilityService is one service in one of the lists.
type accessibilityService struct {
	User         *int64     `json:"user"`                    // id of attributes
	State        string     `json:"state"`                   // the list: "installed", "enabled", "bound", "binding", "crashed", "shortcut key", "button"; "" in Android 9 and before
	App          record.App `json:"app"`                     // package of the component
	Component    string     `json:"component"`               // package/class; "" where only the label is told
	Label        string     `json:"label,omitempty"`         // label
	Capabilities []string   `json:"capabilities,omitempty"`  // capabilities, by their bits
	EventTypes   string     `json:"event_types,omitempty"`   // eventTypes: what it is told of
	Feedback     string     `json:"feedback_type,omitempty"` // feedbackType
}

// String implements [record.Data].
func (s accessibilityService) String() string {
	name := s.Component
	if name == "" {
		name = s.Label
	}
	return record.Line("accessibility service " + name + " " + s.State)
}

// accessibilityCapabilities are the names of the bits of the capabilities.
var accessibilityCapabilities = []string{"window content", "touch exploration", "enhanced web", "key events", "magnification", "gestures", "fingerprint gestures", "screenshot"}

func accessibilityRow(s dumpsys.AccessibilityService) (int, record.Data) {
	d := accessibilityService{State: s.State, Component: s.Component, Label: s.Label, EventTypes: s.EventTypes, Feedback: s.Feedback}
	if s.User >= 0 {
		user := int64(s.User)
		d.User = &user
	}
	app, _, _ := strings.Cut(s.Component, "/")
	d.App = record.App(app)
	for bit := int64(0); s.Capabilities > 0 && bit < 32; bit++ {
		if s.Capabilities>>bit&1 == 1 {
			d.Capabilities = append(d.Capabilities, record.Name(bit, accessibilityCapabilities...))
		}
	}
	return s.Line, d
}
