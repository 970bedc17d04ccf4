package android

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Environment reads the environment of the shell of adb.
var Environment = artifact.Parser{
	ID:    "android.environment",
	Title: lang.Text{EN: "Environment of the adb shell", FR: "Environnement du shell adb"},
	Doc: `The environment variables of the shell in which AndroidQF ran its commands: search path
for programs, folders of the system, class path of the runtime. The system gives them to
every process it starts. A library in LD_PRELOAD, or folders in PATH that are not of the
system, change what commands do, also those of the acquisition.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidQF, Glob: "androidqf/env.txt"}},
	Record: environmentVariable{},
	Refs:   []string{"https://github.com/mvt-project/androidqf"},
	Parse:  from.EachLine("environment", environmentLine),
}

// environmentVariable is one variable.
type environmentVariable struct {
	Name  string        `json:"name"`            // before "="
	Value record.Text   `json:"value"`           // after "="
	Paths []record.Path `json:"paths,omitempty"` // of the value: absolute paths, separated by colons or blanks
}

// String implements [record.Data].
func (v environmentVariable) String() string {
	return record.Line(fmt.Sprintf("environment %s = %s", v.Name, v.Value))
}

// environmentMaxPaths bounds the paths of one value.
const environmentMaxPaths = 1 << 10

// environmentLine reads a line such as "PATH=/system/bin:/vendor/bin".
func environmentLine(line string) (v environmentVariable, ok bool) {
	name, value, ok := strings.Cut(line, "=")
	if !ok || name == "" {
		return v, false
	}
	v = environmentVariable{Name: name, Value: record.Text(value)}
	for word := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ':' || r == ' ' }) {
		if strings.HasPrefix(word, "/") && len(v.Paths) < environmentMaxPaths && !strings.HasPrefix(word, "//") {
			v.Paths = append(v.Paths, record.Path(word))
		}
	}
	return v, true
}
