package ios

import (
	"context"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DiagnosticValues reads settings and states in a sysdiagnose that have no artifact of
// their own.
var DiagnosticValues = artifact.Parser{
	ID:    "ios.diagnosticvalues",
	Title: lang.Text{EN: "Other settings and states in a sysdiagnose", FR: "Autres réglages et états d'un sysdiagnose"},
	Doc: `A sysdiagnose has property lists and JSON texts of many parts of the system, which
differ by version: keyboards, calendars, features that depend on the region, apps that
are locked or hidden, networks of late. Each value is a record with its path, so that
indicators are compared with it. What the values mean is not known here. A key that is
missing says nothing.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/Preferences/**/*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/BatteryUIPlist/*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/CalendarPreferences/*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/keyboards/*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/ManagedSettings/**/*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MobileSlideShow/*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/Networking/[^c]*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/OSEligibility/*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/CloudSubscriptionFeatures/*.json"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/ModelManager/*.json"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/OSEligibility/*.json"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/ProtectedApps/*.json"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/WiFi/*.json"},
	},
	Record: diagnosticValuesValue{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse: func(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		if strings.HasSuffix(in.Path, ".json") {
			return diagnosticValuesJSON(in)
		}
		return from.Settings(func(s from.Setting) diagnosticValuesValue {
			return diagnosticValuesValue{File: s.File, Key: s.Key, Value: record.Text(s.Value), Values: s.Values, Time: s.Time}
		})(ctx, in)
	},
}

// diagnosticValuesValue is one key at the top of a property list, or one value of a JSON text.
type diagnosticValuesValue struct {
	Time   record.Time `json:"time"`             // the value, if it is a date in UTC or a text with an offset
	File   string      `json:"file"`             // name of the file without .plist
	Key    string      `json:"key"`              // key, or path in a JSON text
	Value  record.Text `json:"value,omitempty"`  // of a key with a single value
	Values []record.KV `json:"values,omitempty"` // of a key with a list or dictionary: paths in it and values
}

// String implements [record.Data].
func (v diagnosticValuesValue) String() string {
	return record.Line(v.File + ": " + from.SettingLine(v.Key, string(v.Value), v.Values))
}

func diagnosticValuesJSON(in *artifact.Input) iter.Seq2[record.Record, error] {
	if in.Size == 0 {
		return func(func(record.Record, error) bool) {}
	}
	return from.Facts(in, func(leaves []record.KV) (values []diagnosticValuesValue) {
		for _, kv := range leaves {
			values = append(values, diagnosticValuesValue{File: path.Base(in.Path), Key: kv.Key, Value: record.Text(kv.Value), Time: from.Stamp(kv.Value)})
		}
		return values
	}, func(v diagnosticValuesValue) string { return v.Key })
}
