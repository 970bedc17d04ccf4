// Package testdata finds the corpus of real files that lies beside the
// repository, for tests that compare with published figures. The repository
// builds and passes its tests without it.
package testdata

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Path returns the path of a file or folder of the corpus. It skips the test
// when the corpus or that part of it is absent. The environment variable
// VIGIE_TESTDATA names another place than the folder beside the repository.
func Path(tb testing.TB, rel string) string {
	tb.Helper()
	root := os.Getenv("VIGIE_TESTDATA")
	if root == "" {
		_, file, _, _ := runtime.Caller(0)
		root = filepath.Join(filepath.Dir(file), "..", "..", "..", "shared", "testdata")
	}
	name := filepath.Join(root, filepath.FromSlash(rel))
	if _, err := os.Stat(name); err != nil {
		tb.Skipf("no corpus beside the repository (set VIGIE_TESTDATA): %s", rel)
	}
	return name
}
