package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SafariTombstones reads which part of the history of Safari was cleared.
var SafariTombstones = artifact.Parser{
	ID:    "ios.safaritombstones",
	Title: lang.Text{EN: "Cleared history of Safari", FR: "Historique effacé de Safari"},
	Doc: `When somebody clears the history of Safari, or deletes a page from it, a
tombstone says which span of time, or which page, the other devices of the Apple
account must forget too. It stays until all devices have seen it, so it exists
only where Safari is synchronised. A span that begins centuries ago means the
whole history. A tombstone shows that visits were removed, not by whom, and not
when: that was at its end or later. No tombstone does not mean that nothing was
cleared.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/History.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/Profiles/*/History.db"},
	},
	Record: safariTombstonesSpan{},
	Refs:   []string{"https://github.com/mac4n6/APOLLO/tree/master/modules"},
	Parse:  from.Table("history_tombstones", safariTombstonesRow),
}

// safariTombstonesSpan is one span of time, or one page, that was cleared.
type safariTombstonesSpan struct {
	// The span that was cleared. Columns start_time and end_time, seconds since
	// 2001 UTC; a start before 1970 keeps the stored number only.
	Start record.Time `json:"start"`
	End   record.Time `json:"end"`

	URL        record.Text `json:"url,omitempty"` // column url: the page, or a digest of it; empty for every page
	Generation int64       `json:"generation"`    // column generation, of the synchronisation
}

// String implements [record.Data].
func (t safariTombstonesSpan) String() string {
	s := "History cleared from " + safariTombstonesTime(t.Start) + " to " + safariTombstonesTime(t.End)
	if t.URL != "" {
		s += " for " + string(t.URL)
	}
	return record.Line(s)
}

func safariTombstonesTime(t record.Time) string {
	if t.IsZero() {
		return "the beginning"
	}
	return t.Format(record.Instant)
}

func safariTombstonesRow(r sqlite.Row) safariTombstonesSpan {
	return safariTombstonesSpan{
		Start:      epoch.CocoaReal(r.Float("start_time")),
		End:        epoch.CocoaReal(r.Float("end_time")),
		URL:        record.Text(r.Text("url")),
		Generation: r.Int("generation"),
	}
}
