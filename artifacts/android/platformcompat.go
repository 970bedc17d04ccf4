package android

import (
	"iter"
	"slices"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// PlatformCompat reads the apps with changed compatibility settings.
var PlatformCompat = artifact.Parser{
	ID:    "android.platformcompat",
	Title: lang.Text{EN: "Compatibility overrides", FR: "Exceptions de compatibilité"},
	Doc: `Android turns changes of its behaviour on or off for single apps. Such a setting is made when
an app asks for it or a developer tool sets it, and it outlives the app: a package that is
named here and is not installed was installed once. There is one record for each package of
each change; changes without any are a fixed table of the system and give none. Most phones
have few or none.`,
	Inputs: from.Dumpsys("platform_compat"),
	Record: platformcompatOverride{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/compat/CompatConfig.java",
	},
	Parse: from.Dump(platformcompatOverrides, platformcompatRow),
}

// platformcompatOverride is what was set for one package.
type platformcompatOverride struct {
	App         record.App `json:"app"`                    // package in packageOverrides or rawOverrides
	Change      string     `json:"change"`                 // name
	ChangeID    int64      `json:"change_id"`              // ChangeId
	Value       string     `json:"value"`                  // "true", "false"
	InForce     bool       `json:"in_force"`               // in packageOverrides; else only in rawOverrides
	Disabled    bool       `json:"disabled"`               // disabled: off for all other apps
	EnableSince int64      `json:"enable_since,omitempty"` // enableSinceTargetSdk
	Extra       []string   `json:"extra,omitempty"`        // other words of the line
}

// String implements [record.Data].
func (o platformcompatOverride) String() string {
	return record.Line("change " + o.Change + " set to " + o.Value + " for " + string(o.App))
}

// platformcompatPair is a change with one of its overrides.
type platformcompatPair struct {
	change  dumpsys.CompatChange
	pair    dumpsys.Pair
	inForce bool
}

// platformcompatOverrides yields all overrides; of those of one package with one
// value, that in force.
func platformcompatOverrides(text iter.Seq[lines.Line]) iter.Seq2[platformcompatPair, error] {
	return func(yield func(platformcompatPair, error) bool) {
		for c, err := range dumpsys.CompatChanges(text) {
			if err != nil && !yield(platformcompatPair{}, err) {
				return
			}
			for _, pair := range c.PackageOverrides {
				if !yield(platformcompatPair{c, pair, true}, nil) {
					return
				}
			}
			for _, pair := range c.RawOverrides {
				if !slices.Contains(c.PackageOverrides, pair) && !yield(platformcompatPair{c, pair, false}, nil) {
					return
				}
			}
		}
	}
}

func platformcompatRow(p platformcompatPair) (int, record.Data) {
	return p.change.Line, platformcompatOverride{
		App: record.App(p.pair.Key), Change: p.change.Name, ChangeID: p.change.ID, Value: p.pair.Value, InForce: p.inForce,
		Disabled: p.change.Disabled, EnableSince: int64(p.change.EnableSince), Extra: p.change.Other,
	}
}
