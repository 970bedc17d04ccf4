package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// InputMethods reads the keyboards.
var InputMethods = artifact.Parser{
	ID:    "android.inputmethods",
	Title: lang.Text{EN: "Keyboards", FR: "Claviers"},
	Doc: `A keyboard, and any other input method, sees all that is typed into it, also in encrypted
messengers. The system tells those that are installed, which are enabled and which is in use.
An app can be installed with a keyboard that was never enabled. The state is as of the
dump. Bug reports of Android 10 and later hold this dump twice, which gives two records for each.`,
	Inputs: from.Dumpsys("input_method"),
	Record: inputmethodsMethod{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/inputmethod/InputMethodManagerService.java",
		"https://developer.android.com/develop/ui/views/touch-and-input/creating-input-method",
	},
	Parse: from.Dump(dumpsys.InputMethods, inputmethodsRow),
}

// inputmethodsMethod is one input method.
type inputmethodsMethod struct {
	App      record.App  `json:"app"`                // package of the ID
	ID       string      `json:"id"`                 // mId: package/class
	Enabled  string      `json:"enabled"`            // "true", "false"; "" if the dump does not tell which are
	Current  bool        `json:"current"`            // in use
	UID      *int64      `json:"uid"`                // user ID of the app
	User     *int64      `json:"user"`               // user of the phone; Android 15 and later
	Path     record.Path `json:"path,omitempty"`     // sourceDir: file of the app
	Settings string      `json:"settings,omitempty"` // mSettingsActivityName: class of its settings
	Extra    []record.KV `json:"extra,omitempty"`    // other values of its line
}

// String implements [record.Data].
func (m inputmethodsMethod) String() string {
	s := "keyboard " + m.ID
	switch {
	case m.Current:
		s += ", in use"
	case m.Enabled == "true":
		s += ", enabled"
	}
	return record.Line(s)
}

func inputmethodsRow(m dumpsys.InputMethod) (int, record.Data) {
	return m.Line, inputmethodsMethod{
		App: record.App(m.Package), ID: m.ID, Enabled: m.Enabled, Current: m.Current, UID: from.Count(m.UID), User: from.Count(m.User),
		Path: record.Path(m.Source), Settings: m.Settings, Extra: from.KVs(m.Other),
	}
}
