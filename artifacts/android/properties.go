package android

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Properties reads the system properties.
var Properties = artifact.Parser{
	ID:    "android.properties",
	Title: lang.Text{EN: "System properties", FR: "Propriétés du système"},
	Doc: `System properties are names with values that the system sets at boot and while it runs:
model, build, security patch level, state of verified boot, time zone, whether adb runs.
Those that begin with persist. outlive a restart. getprop shows all that adb may read.
Some malware is known by properties that it sets. There are always hundreds of them:
an empty list says that getprop failed.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidQF, Glob: "androidqf/getprop.txt"},
		{Kinds: evidence.AndroidBugreport, Glob: "bugreport/section/system-properties.txt"},
	},
	Record: propertiesProperty{},
	Refs:   []string{"https://source.android.com/docs/core/architecture/configuration/add-system-properties"},
	Parse:  from.Decoded(dumpsys.Properties, propertiesRow),
}

// propertiesProperty is one property.
type propertiesProperty struct {
	Name  record.Property `json:"name"`  // in the first brackets
	Value record.Text     `json:"value"` // in the second brackets; may have several lines
}

// String implements [record.Data].
func (p propertiesProperty) String() string {
	return record.Line(fmt.Sprintf("property %s = %s", p.Name, p.Value))
}

func propertiesRow(p dumpsys.Property) (record.Origin, record.Data) {
	return record.Origin{Row: int64(p.Line)}, propertiesProperty{record.Property(p.Name), record.Text(p.Value)}
}
