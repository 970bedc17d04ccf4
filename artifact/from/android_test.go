package from_test

import (
	"testing"

	"github.com/vigie-project/vigie/artifact/from"
)

func TestIsPackage(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"com.example.app_2": true, "com.Example": true, "android": false, "": false, "1.0": false,
		"com..x": false, "com.example.": false, "com.example/x": false, "com.exämple": false, "a.1b": false} {
		if got := from.IsPackage(name); got != want {
			t.Errorf("IsPackage(%q) = %v", name, got)
		}
	}
}
