package arch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDependenciesHaveReasons checks that every module that this one asks for
// itself has a line in docs/dependencies.md.
func TestDependenciesHaveReasons(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		words := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(words) < 2 || !strings.HasPrefix(words[1], "v") || strings.Contains(line, "// indirect") {
			continue
		}
		if !strings.Contains(string(doc), "`"+words[0]+"`") {
			t.Errorf("%s has no reason in docs/dependencies.md", words[0])
		}
	}
}
