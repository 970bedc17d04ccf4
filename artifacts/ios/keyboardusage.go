package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// KeyboardUsage reads in which apps the keyboard was used.
var KeyboardUsage = artifact.Parser{
	ID:    "ios.keyboardusage",
	Title: lang.Text{EN: "Days of use of apps, kept by the keyboard", FR: "Jours d’utilisation des apps, notés par le clavier"},
	Doc: `The keyboard counts, for each app and day, how long the app was in front and how long
something was typed in it (app_usage_database.plist). Entries are kept for some days or
weeks; an app that is deleted may still be there. It is personal and rarely tells
anything about spyware: it is read only if it is asked for.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Keyboard/app_usage_database.plist"},
	},
	Record:  keyboardusageDay{},
	Private: true,
	Refs:    []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/keyboard.py"},
	Parse:   from.Plist(keyboardusageRead),
}

// keyboardusageDay is one element of the list of an app.
type keyboardusageDay struct {
	Day record.Time `json:"day"` // key startDate: start of the day

	App    record.App  `json:"app"`              // the key
	Used   float64     `json:"used"`             // key appTime, seconds
	Typed  string      `json:"typed,omitempty"`  // key keyboardTimes: seconds, joined with ", "
	Values []record.KV `json:"values,omitempty"` // other keys
}

// String implements [record.Data].
func (d keyboardusageDay) String() string {
	return record.Line(fmt.Sprintf("%s used for %.0f s", d.App, d.Used))
}

// keyboardusageMax bounds the elements of one file.
const keyboardusageMax = 1 << 18

func keyboardusageRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read use of apps: root is %s, not dict", root.Kind()))
		return
	}
	n := 0
	for app, list := range root.Items() {
		for i := range list.Len() {
			if n++; n > keyboardusageMax {
				yield(record.Record{}, fmt.Errorf("read use of apps: more than %d days", keyboardusageMax))
				return
			}
			v := list.Index(i)
			if v.Kind() != plist.Dict {
				if !yield(record.Record{}, fmt.Errorf("read use of %q: element %d is %s, not dict", app, i, v.Kind())) {
					return
				}
				continue
			}
			d, err := keyboardusageOne(app, v)
			if !yield(in.Record(from.At(app, i+1, v), d), nil) || err != nil && !yield(record.Record{}, err) {
				return
			}
		}
	}
}

func keyboardusageOne(app string, v plist.Value) (keyboardusageDay, error) {
	d := keyboardusageDay{
		Day:  epoch.Date(v.Get("startDate").Time()),
		App:  record.App(app),
		Used: v.Get("appTime").Float(),
	}
	times, err := from.Leaves(v.Get("keyboardTimes"))
	if err != nil {
		return d, err
	}
	for _, kv := range times {
		switch {
		case kv.Value == "[]":
		case d.Typed == "":
			d.Typed = kv.Value
		default:
			d.Typed += ", " + kv.Value
		}
	}
	d.Values, err = from.Rest(v, "startDate", "appTime", "keyboardTimes")
	return d, err
}
