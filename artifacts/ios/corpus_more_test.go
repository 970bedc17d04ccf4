package ios_test

import (
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
)

// TestCorpusMore compares with what iLEAPP and plaso find in the same files, by
// the figures in the corpus.
func TestCorpusMore(t *testing.T) {
	t.Parallel()
	const (
		josh    = systemImages + "josh_ios15_ffs/filesystem2/mobile/"
		belka   = systemImages + "belkasoft_ctf6_ios_device1/private/var/mobile/"
		mvs     = systemImages + "mvs_ios_2023/private/var/mobile/"
		group   = "private/var/mobile/Containers/Shared/AppGroup/"
		store   = group + "group.com.apple.notes/NoteStore.sqlite"
		joshes  = josh + "Containers/Shared/AppGroup/B120CD27-5591-4ED6-A1EC-E73CFFB4F8D3/NoteStore.sqlite"
		belkas  = belka + "Containers/Shared/AppGroup/AF67BA79-B4B6-4F89-AD78-9054620F3322/NoteStore.sqlite"
		keys    = "Library/Keyboard/"
		counter = "private/var/mobile/" + keys + "user_model_database.sqlite"
	)
	for _, c := range []struct {
		name   string
		parser *artifact.Parser
		files  map[string]string
		text   string // in the JSON of the records that are counted
		want   int
	}{
		{"shared note", &ios.NoteShares, map[string]string{store: joshes, store + "-wal": joshes + "-wal"}, `"ios.noteshares"`, 2},
		{"shared note, invited", &ios.NoteShares, map[string]string{store: joshes, store + "-wal": joshes + "-wal"}, `"acceptance":"pending"`, 1},
		{"no shared note", &ios.NoteShares, map[string]string{store: belkas, store + "-wal": belkas + "-wal"}, `"ios.noteshares"`, 0},
		{"no invitation", &ios.NoteInvitations, map[string]string{store: belkas, store + "-wal": belkas + "-wal"}, `"ios.noteinvitations"`, 0},
		{"notes", &ios.Notes, map[string]string{store: systemPlaso + "NoteStore.sqlite"}, `"kind":"ICNote"`, 8}, // plaso has 9, the table has 8 notes
		{"computers", &ios.Computers, map[string]string{"private/var/mobile/Media/iTunes_Control/iTunes/iTunesPrefs": belka + "Media/iTunes_Control/iTunes/iTunesPrefs"}, `"computer":"DESKTOP-0CBP2ID"`, 2},
		{"use of apps", &ios.KeyboardUsage, map[string]string{"private/var/mobile/" + keys + "app_usage_database.plist": josh + keys + "app_usage_database.plist"}, `"ios.keyboardusage"`, 158},
		{"counters, iOS 16.1", &ios.KeyboardStats, map[string]string{counter: mvs + keys + "user_model_database.sqlite", counter + "-wal": mvs + keys + "user_model_database.sqlite-wal"}, `"lasting":true`, 4},
		{"counters, iOS 16.3", &ios.KeyboardStats, map[string]string{counter: belka + keys + "user_model_database.sqlite", counter + "-wal": belka + keys + "user_model_database.sqlite-wal"}, `"lasting":true`, 4},
		{"Kik", &ios.MessengerTexts, map[string]string{group + "group.kik/kik.sqlite": systemPlaso + "kik.sqlite"}, `"table":"ZKIKMESSAGE","column"`, 1},
		{"imo", &ios.MessengerTexts, map[string]string{group + "group.imo/IMODb2.sqlite": systemPlaso + "IMODb2.sqlite"}, `"ios.messengertexts"`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := systemCount(t, systemRead(t, c.parser, c.files), c.text); got != c.want {
				t.Errorf("%d records, want %d", got, c.want)
			}
		})
	}
}
