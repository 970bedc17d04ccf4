package figures

import (
	"maps"
	"slices"
	"testing"

	"github.com/vigie-project/vigie/record"
)

// own are the artifacts on the lists of the backup itself, which a twin cannot
// share: Info.plist and Manifest.plist are missing in one or the other of MVT's,
// they say whether the backup is encrypted, and the manifest was made anew, with
// other offsets, keys and, for MVT's, without times.
var own = []string{"ios.appinventory", "ios.backupinfo", "ios.backupstatus", "ios.manifest"}

// TestTwins checks that an encrypted backup gives the records of its plain twin,
// artifact by artifact, and the same errors; and that its manifest lists the
// same files.
func TestTwins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, plain, twin, password string
		files                       int
	}{
		{"mvt", mvtPlain, mvtTwin, mvtPassword, 3721},
		{"ronin", ronin + "plain-backup", ronin + "encrypted-backup", roninPassword, 5},
		{"ronin lie", ronin + "plain-backup", ronin + "lie-encrypted", "", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plain, twin := read(t, open(t, c.plain, "")), read(t, open(t, c.twin, c.password))
			ids := maps.Clone(plain.records)
			maps.Copy(ids, twin.records)
			same := 0
			for _, id := range slices.Sorted(maps.Keys(ids)) {
				if !slices.Contains(own, id) {
					sameLines(t, id, lines(t, twin.records[id]), lines(t, plain.records[id]))
					same += len(twin.records[id])
				}
			}
			want, got := listed(t, plain), listed(t, twin)
			if len(want) != c.files {
				t.Errorf("%d files listed, want %d", len(want), c.files)
			}
			sameLines(t, "ios.manifest", got, want)
			for id, want := range plain.errors {
				sameLines(t, id, twin.errors[id], want)
			}
			t.Logf("%d records of %d artifacts", same, len(ids))
		})
	}
}

// sameLines compares what two sources give for an artifact.
func sameLines(t *testing.T, id string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d lines, want %d", id, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("%s: got\n%s\nwant\n%s", id, got[i], want[i])
			return
		}
	}
}

// lines returns records as JSON.
func lines(t *testing.T, recs []record.Record) (list []string) {
	t.Helper()
	for _, r := range recs {
		b, err := r.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(b))
	}
	return list
}

// listed returns what a manifest lists now: where files lie and what they are.
func listed(t *testing.T, o *outcome) (list []string) {
	t.Helper()
	for _, row := range o.rows(t, "ios.manifest", nil) {
		list = append(list, at(row, "file_id")+" "+at(row, "domain")+" "+at(row, "path")+" "+at(row, "kind"))
	}
	slices.Sort(list)
	return list
}
