package android

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Settings reads the settings of the system.
var Settings = artifact.Parser{
	ID:    "android.settings",
	Title: lang.Text{EN: "System settings", FR: "Réglages du système"},
	Doc: `Android keeps settings in the namespaces system, secure and global, and flags in config,
by user. They say whether adb is on, which accessibility services, notification
listeners and keyboards are enabled, whether apps are verified before they are
installed, and which proxy is used. A bug report also tells the package that set each
value last; com.android.shell stands for adb. A key that is absent has its default
value, which no list shows. What follows the settings in a bug report, the registry of
generations, has names of settings that apps asked for, but no values, and is not read.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidQF, Glob: "androidqf/settings_*.txt"},
		{Kinds: evidence.AndroidQF, Glob: "androidqf/dumpsys/settings.txt"},
		{Kinds: evidence.AndroidBugreport, Glob: "bugreport/dumpsys/settings.txt"},
	},
	Record: settingsSetting{},
	Refs: []string{"https://developer.android.com/reference/android/provider/Settings",
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/packages/SettingsProvider/src/com/android/providers/settings/SettingsProvider.java"},
	Parse: settingsParse,
}

// settingsSetting is one setting.
type settingsSetting struct {
	Namespace     string       `json:"namespace"`                // "system", "secure", "global", "config"
	Key           string       `json:"key"`                      // before "=", or name
	Value         record.Text  `json:"value"`                    // after "=", or value; may have several lines
	Apps          []record.App `json:"apps,omitempty"`           // of the value: names of packages, alone or before "/"
	User          *int64       `json:"user"`                     // of the heading; of a bug report only
	Package       record.App   `json:"package,omitempty"`        // pkg: who set the value last; of a bug report only
	Default       record.Text  `json:"default,omitempty"`        // default; of a bug report only
	DefaultSystem string       `json:"default_system,omitempty"` // defaultSystemSet: "true" if the system set the default
	Tag           string       `json:"tag,omitempty"`            // tag: given by who set the value
}

// String implements [record.Data].
func (s settingsSetting) String() string {
	line := fmt.Sprintf("setting %s %s = %s", s.Namespace, s.Key, s.Value)
	if s.Package != "" {
		line += " by " + string(s.Package)
	}
	return record.Line(line)
}

// settingsMaxValue bounds a value of several lines, in bytes.
const settingsMaxValue = 1 << 20

// settingsRegistry is the heading of what follows the settings since Android 13: the
// registry that tells apps when a setting they remember has changed.
const settingsRegistry = "GENERATION REGISTRY"

// settingsRefusal begins the answer of the service, since Android 14, to the option
// "-a" that dumpstate gives to all services. It dumps everything nonetheless.
const settingsRefusal = "Unknown argument: -a"

// settingsReader holds the setting that is being read, since its value may go on.
type settingsReader struct {
	in      *artifact.Input
	yield   func(record.Record, error) bool
	dump    bool // the output of dumpsys, else of settings list
	after   bool // after the last setting of the dump
	heading settingsSetting

	text string // of the setting, "" for none
	at   record.Origin
	cut  bool
}

func settingsParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		name := strings.TrimSuffix(path.Base(in.Path), ".txt")
		_, namespace, _ := strings.Cut(name, "_")
		r := settingsReader{in: in, yield: yield, dump: namespace == "", heading: settingsSetting{Namespace: namespace}}
		for l, err := range from.Lines(in.File) {
			if err != nil {
				if r.end() {
					yield(record.Record{}, fmt.Errorf("read settings: %w", err))
				}
				return
			}
			if !r.line(l.String(), from.AtLine(l)) {
				return
			}
		}
		r.end()
	}
}

// line reads one line. It returns whether the caller wants more.
func (r *settingsReader) line(line string, at record.Origin) bool {
	switch {
	case r.begins(line):
		if !r.end() {
			return false
		}
		r.text, r.at, r.cut = line, at, false
	case r.dump && settingsIsHeading(line):
		if !r.end() {
			return false
		}
		r.heading, r.after = settingsHeading(line), false
	case r.dump && line == settingsRegistry:
		r.after = true
		return r.end()
	case r.after, r.dump && r.heading.Namespace == "" && strings.HasPrefix(line, settingsRefusal):
	case r.dump && strings.HasPrefix(line, "version:"), strings.TrimSpace(line) == "":
	case r.text == "":
		return r.yield(record.Record{}, fmt.Errorf("read settings, line %d: unknown form: %q", at.Row, record.Line(line)))
	case len(r.text)+len(line) < settingsMaxValue:
		r.text += "\n" + line
	case !r.cut:
		r.cut = true
		return r.yield(record.Record{}, fmt.Errorf("read settings, line %d: longer than %d MiB", r.at.Row, settingsMaxValue>>20))
	}
	return true
}

// begins reports whether a line is the first of a setting.
func (r *settingsReader) begins(line string) bool {
	if r.dump {
		return strings.HasPrefix(line, "_id:")
	}
	key, _, ok := strings.Cut(line, "=")
	return ok && key != "" && !strings.ContainsFunc(key, func(r rune) bool { return r == ' ' || unicode.IsControl(r) })
}

// settingsIsHeading reports whether a line is one such as "SECURE SETTINGS (user 0)".
func settingsIsHeading(line string) bool {
	_, user, ok := strings.Cut(line, " SETTINGS (user ")
	return ok && strings.HasSuffix(user, ")")
}

func settingsHeading(line string) settingsSetting {
	namespace, user, _ := strings.Cut(line, " SETTINGS (user ")
	s := settingsSetting{Namespace: strings.ToLower(namespace)}
	if n, err := strconv.ParseInt(strings.TrimSuffix(user, ")"), 10, 64); err == nil {
		s.User = &n
	}
	return s
}

// end yields the setting that has been read. It returns whether the caller wants more.
func (r *settingsReader) end() bool {
	if r.text == "" {
		return true
	}
	s, ok := r.heading, true
	if r.dump {
		ok = s.dump(r.text)
	} else {
		var value string
		s.Key, value, _ = strings.Cut(r.text, "=")
		s.Value = record.Text(value)
	}
	s.Apps = settingsApps(string(s.Value))
	text := r.text
	r.text = ""
	if !ok {
		return r.yield(record.Record{}, fmt.Errorf("read settings, line %d: unknown form: %q", r.at.Row, record.Line(text)))
	}
	return r.yield(r.in.Record(r.at, s), nil)
}

// settingsMaxApps bounds the packages of one value.
const settingsMaxApps = 256

// settingsApps finds the packages in a list such as "com.example.a/.Service:com.example.b".
func settingsApps(value string) (apps []record.App) {
	for word := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(":;,| \n", r) }) {
		if word, _, _ = strings.Cut(word, "/"); from.IsPackage(word) && len(apps) < settingsMaxApps {
			apps = append(apps, record.App(word))
		}
	}
	return apps
}

// dump reads a setting such as
//
//	_id:7 name:adb_enabled pkg:android value:1 default:0 defaultSystemSet:true tag:x
//
// in which name and value stand always, and value may hold anything.
func (s *settingsSetting) dump(text string) bool {
	_, text, ok := strings.Cut(text, " name:")
	head, value, found := strings.Cut(text, " value:")
	if !ok || !found {
		return false
	}
	name, app, _ := strings.Cut(head, " pkg:")
	s.Key, s.Package = name, record.App(app)
	if i := strings.LastIndex(value, " defaultSystemSet:"); i >= 0 {
		s.DefaultSystem, s.Tag, _ = strings.Cut(value[i+len(" defaultSystemSet:"):], " tag:")
		value = value[:i]
		if i = strings.Index(value, " default:"); i >= 0 {
			s.Default, value = record.Text(value[i+len(" default:"):]), value[:i]
		}
	} else if i := strings.LastIndex(value, " tag:"); i >= 0 {
		s.Tag, value = value[i+len(" tag:"):], value[:i]
	}
	s.Value = record.Text(value)
	return true
}
