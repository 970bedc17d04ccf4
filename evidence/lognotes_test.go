package evidence

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

func TestLogNotes(t *testing.T) {
	t.Parallel()
	if got := LogNotes("p", &unifiedlog.Stats{Entries: 7, Damaged: 1}); got != nil {
		t.Errorf("got %v", got)
	}
	got := LogNotes("p", &unifiedlog.Stats{Entries: 7, NoStrings: 2, BadOffsets: 1, NoFormats: 2, MissingOversize: 4, UnlistedPages: 5, OutsideWindow: 6, UnknownChunks: 8})
	want := []Note{
		{Code: "log-strings-absent", Path: "p", Detail: "of 7 entries looked at; 2 different texts", Count: 3},
		{Code: "log-arguments-absent", Path: "p", Detail: "of 7 entries looked at", Count: 4},
		{Code: "log-catalog-differs", Path: "p", Detail: "5 parts of processes and 6 entries by their time", Count: 11},
		{Code: "log-parts-unknown", Path: "p", Detail: "parts of a kind that is not known", Count: 8},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, n := range got {
		if n.Incomplete() {
			t.Errorf("%s says that a part could not be read", n.Code)
		}
	}
}
