// Package figures accounts for the figures that other projects publish with
// the files of the corpus: each is computed here and compared, or computed by a
// named test elsewhere, or it is said why it is no concern of Vigie. It holds
// tests only.
package figures

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// An expectation is one line of a file of figures.
type expectation struct {
	File, Test, Kind string
	Expectation      json.RawMessage
}

// text returns the expectation as it is written, without quotes.
func (e *expectation) text() string {
	var s string
	if json.Unmarshal(e.Expectation, &s) != nil {
		return string(e.Expectation)
	}
	return s
}

// A verdict says how an expectation is accounted for.
type verdict int

// The verdicts. Where a line of figures gets several, the last of them counts.
const (
	unsettled verdict = iota // not accounted for: the test fails
	equal                    // computed here, and the same
	differs                  // computed here, and different on purpose
	elsewhere
	outside // no concern of Vigie, or of this part of it
	verdicts
)

var verdictNames = [verdicts]string{"open", "computed and equal", "differs on purpose", "computed by a test elsewhere", "out of scope"}

// files lists the files of figures, how many lines each has, and what accounts
// for them.
var files = []struct {
	name    string
	lines   int
	account func(t *testing.T, e *expectation) verdict
}{
	{"ios-backup", 208, accountBackup},
	{"sqlite", 104, accountSQLite},
	{"typedstream", 23, accountTyped},
	{"plist", 171, accountPlist},
	{"stix", 56, accountSTIX},
	{"stix-patterns", 1, func(t *testing.T, _ *expectation) verdict {
		return by(t, "detect/indicator/stixpattern.TestCorpus")
	}},
	{"android-bugreport", 29, accountBugreport},
	{"android-dumpsys", 102, accountDumpsys},
	{"android-tombstone", 20, accountTombstone},
	{"android-backup", 21, accountAndroidBackup},
	{"androidqf", 36, accountAndroidQF},
	{"android-db", 51, accountAndroidDB},
	{"unified-logs", 50, accountUnifiedLog},
	{"ios-ffs", 80, accountFilesystem},
	{"ios-artifacts", 83, accountPlaced},
	{"ios-crash", 30, accountCrash},
	{"ios-logs", 49, accountPlaced},
	{"biome-segb", 9, accountBiome},
	{"age", 103, func(t *testing.T, _ *expectation) verdict { return by(t, "evidence.TestAgeVectors") }},
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, f := range files {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(testdata.Path(t, "expected/"+f.name+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			var total [verdicts]int
			n := 0
			for line := range bytes.Lines(data) {
				n++
				var e expectation
				if err := json.Unmarshal(line, &e); err != nil {
					t.Fatalf("line %d: %v", n, err)
				}
				v := f.account(t, &e)
				total[v]++
				if v == unsettled {
					t.Errorf("line %d is not accounted for: %s: %.200s", n, e.Test, e.text())
				}
			}
			if n != f.lines {
				t.Errorf("%d lines, want %d", n, f.lines)
			}
			report := fmt.Sprintf("%s: %d lines", f.name, n)
			for v, count := range total {
				if count > 0 {
					report += fmt.Sprintf(", %d %s", count, verdictNames[v])
				}
			}
			t.Log(report)
		})
	}
}

var (
	testsMu sync.Mutex
	tests   = map[string]map[string]bool{} // by folder, the names of its tests
)

// by accounts for a figure by the test of a package, named "folder.TestName",
// and fails if there is no such test.
func by(t *testing.T, name string) verdict {
	t.Helper()
	dir, fn, _ := strings.Cut(name, ".")
	testsMu.Lock()
	defer testsMu.Unlock()
	if tests[dir] == nil {
		tests[dir] = testNames(t, dir)
	}
	if !tests[dir][fn] {
		t.Errorf("there is no test %s", name)
		return unsettled
	}
	return elsewhere
}

// testNames returns the names of the functions in the tests of a folder.
func testNames(t *testing.T, dir string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	list, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(dir), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range list {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}

// compare accounts for a figure by a comparison. Where ours differs on purpose,
// why says so, and want is ours.
func compare(t *testing.T, what, got, want, theirs, why string) verdict {
	t.Helper()
	switch {
	case why == "" && got == theirs:
		return equal
	case why == "":
		t.Errorf("%s: got %q, want %q", what, got, theirs)
	case got != want:
		t.Errorf("%s: got %q, want %q, which differs from the peer since %s", what, got, want, why)
	case want == theirs:
		t.Errorf("%s: got %q as the peer, which should differ since %s", what, got, why)
	default:
		return differs
	}
	return unsettled
}
