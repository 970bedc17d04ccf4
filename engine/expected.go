package engine

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/release"
)

// ReasonExpected is told of an artifact that is absent or empty although
// acquisitions of this kind and version of the system normally hold it.
const ReasonExpected = "normally there in this version of the system"

//go:embed expected.list
var expectedList string

// An expectedRow says which versions have an artifact.
type expectedRow struct {
	kind               evidence.Kind
	artifact, from, to string
}

// expectedKinds are the kinds as the list calls them.
var expectedKinds = map[string]evidence.Kind{"backup": evidence.IOSBackup, "filesystem": evidence.IOSFilesystem, "sysdiagnose": evidence.IOSSysdiagnose}

// expectedRows returns the rows of the list. The tests check their form.
var expectedRows = sync.OnceValue(func() (rows []expectedRow) {
	for line := range strings.Lines(expectedList) {
		if w := strings.Fields(line); len(w) == 4 && w[0] != "#" {
			rows = append(rows, expectedRow{expectedKinds[w[0]], w[1], w[2], w[3]})
		}
	}
	return rows
})

// Expect gives a reason to the lines of a merged ledger about what is absent from a
// source, or empty, although it is normally there. Of a source whose version is not
// known, only what all versions have is expected.
func Expect(ledger []Coverage, source string, kind evidence.Kind, version string) {
	for i := range ledger {
		l := &ledger[i]
		if l.Source == source && l.Reason == "" && (l.Outcome == Absent || l.Outcome == Empty) && expected(kind, l.Artifact, version) {
			l.Reason = ReasonExpected
		}
	}
}

// expected reports whether acquisitions of a kind normally hold an artifact.
func expected(kind evidence.Kind, artifact, version string) bool {
	branch := release.Branch(version)
	for _, r := range expectedRows() {
		if r.kind != kind || r.artifact != artifact {
			continue
		}
		known := branch != "" || r.from == "-" && r.to == "-"
		if known && !(r.from != "-" && release.Older(branch, r.from)) && !(r.to != "-" && release.Older(r.to, branch)) {
			return true
		}
	}
	return false
}
