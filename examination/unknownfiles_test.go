package examination

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/evidence"
)

// TestUnknownFiles hands over a database with its log, a property list and a log
// of no artifact.
func TestUnknownFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"sms.db": "SQLite format 3\x00", "sms.db-wal": "x", "org.example.plist": "bplist00", "odd.log": "x\n", "NoteStore.sqlite": "SQLite format 3\x00"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := evidence.Open(t.Context(), dir, evidence.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer list[0].Close()
	notes := unknownFiles(list[0], artifacts.Parsers)
	if len(notes) != 1 || notes[0].Count != 2 || notes[0].Detail != "odd.log, org.example.plist" {
		t.Errorf("%+v", notes)
	}
	list[0].Kind = evidence.IOSFilesystem
	if notes := unknownFiles(list[0], artifacts.Parsers); notes != nil {
		t.Errorf("of a file system: %+v", notes)
	}
}
