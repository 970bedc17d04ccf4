package evidence

import (
	"fmt"
	"slices"
	"testing"
)

// TestPartNotes counts files and folders as a walk does, without so many files.
func TestPartNotes(t *testing.T) {
	t.Parallel()
	whole := []mount{{}}
	phone := []string{"System/Library/a", "private/var/mobile/Library/SMS/sms.db"}
	for _, c := range []struct {
		name   string
		mounts []mount
		names  []string
		files  int64
		want   string
	}{
		{"whole", whole, phone, 200_000, "[]"},
		{"fragment", whole, phone, 45, "[{filesystem-part  45 files 1}]"},
		{"fragment of the user", whole, phone[1:], 27, "[{filesystem-part  27 files; nothing below /System/ 1}]"},
		{"data only", whole, phone[1:], 90_000, "[{system-folder-absent System files of the system are not in the acquisition 1}]"},
		{"system only", whole, phone[:1], 90_000, "[{filesystem-part  nothing below /private/var/mobile/Library/ 1}]"},
		{"two folders", []mount{{"fs2/", "private/var/"}, {"fs1/", ""}}, []string{"fs1/System/a", "fs2/mobile/Library/b"}, 90_000, "[]"},
		{"the user alone", []mount{{"mobile/", "private/var/mobile/"}}, []string{"mobile/Library/b"}, 90_000,
			"[{system-folder-absent System files of the system are not in the acquisition 1}]"},
		{"a deep folder", []mount{{"SMS/", "private/var/mobile/Library/SMS/"}}, []string{"SMS/sms.db"}, 1, "[{filesystem-part  1 files; nothing below /System/ 1}]"},
	} {
		in, s := new(insides), new(Source)
		usual := usualPrefixes(c.mounts)
		for _, name := range c.names {
			in.count(name, usual)
		}
		in.files = c.files
		if in.partNotes(s); fmt.Sprint(append([]Note{}, s.Notes...)) != c.want {
			t.Errorf("%s: %v, want %s", c.name, s.Notes, c.want)
		}
	}
	in, s := new(insides), &Source{Notes: []Note{{Code: "archive-damaged"}}}
	if in.partNotes(s); slices.ContainsFunc(s.Notes, func(n Note) bool { return n.Code == "filesystem-part" }) {
		t.Errorf("damaged: %v", s.Notes)
	}
}
