package evidence

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNoteCodes compares the list with the codes in the source.
func TestNoteCodes(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`(?:Code: |note\(|add\(|note\(&k\.\w+, )"([a-z-]+)"`)
	used := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range code.FindAllSubmatch(src, -1) {
			used[string(m[1])] = true
		}
	}
	if got := slices.Sorted(maps.Keys(used)); !slices.Equal(got, NoteCodes) {
		t.Errorf("codes in the source %q\nlisted %q", got, NoteCodes)
	}
	for code := range unread {
		if !used[code] || !(Note{Code: code}).Incomplete() {
			t.Errorf("no note has the code %s", code)
		}
	}
}
