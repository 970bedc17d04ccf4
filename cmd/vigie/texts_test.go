package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	if err := texts.Check(); err != nil {
		t.Error(err)
	}
}

var textID = regexp.MustCompile(`(?:\.text\(|err[A-Z]\w*, |evidence\.Err\w+, |casefile\.Err\w+, )"([a-z0-9-]+)"`)

// TestTextsAreThere looks for the texts that the program names.
func TestTextsAreThere(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range textID.FindAllStringSubmatch(string(source), -1) {
			if n++; strings.HasSuffix(m[1], "-") {
				continue // the rest is computed
			}
			if text := texts.Text(m[1], nil).EN; strings.HasPrefix(text, "⟨") {
				t.Errorf("%s: there is no text %s", name, m[1])
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d texts are named", n)
	}
}
