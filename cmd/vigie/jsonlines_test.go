package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// jsonLines FILE KEY... checks that each line of a file is a JSON object with
// these keys. FILE may be stdout.
func jsonLines(ts *testscript.TestScript, neg bool, args []string) {
	var data string
	if args[0] == "stdout" {
		data = ts.ReadFile("stdout")
	} else {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		ts.Check(err)
		data = string(b)
	}
	lines := strings.Split(strings.TrimSuffix(data, "\n"), "\n")
	for _, line := range lines {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			ts.Fatalf("%s: %v: %.200s", args[0], err, line)
		}
		for _, key := range args[1:] {
			if _, ok := v[key]; !ok {
				ts.Fatalf("%s: no %q in %.200s", args[0], key, line)
			}
		}
	}
}
