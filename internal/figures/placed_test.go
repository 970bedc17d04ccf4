package figures

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// placed reads a file of the corpus, with the log of a database, where it lies
// on a device.
func placed(t *testing.T, rel, device string) func() *outcome {
	return keep(t, rel+" at "+device, func() *outcome {
		tree := fstest.MapFS{}
		for _, suffix := range []string{"", "-wal"} {
			data, err := os.ReadFile(testdata.Path(t, rel) + suffix)
			if suffix != "" && os.IsNotExist(err) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			tree[device+suffix] = &fstest.MapFile{Data: data, Mode: 0o444}
		}
		kind := evidence.IOSFilesystem
		if strings.HasPrefix(device, "sysdiagnose/") {
			kind = evidence.IOSSysdiagnose
		}
		return read(t, &evidence.Source{ID: "figures", Kind: kind, FS: tree})
	})
}

// has asks which of some texts are in one record of an artifact, which must be
// live; all of them are joined by spaces, and what is in no such record is not.
func has(id string, texts ...string) question {
	return func(t testing.TB, o *outcome) string {
		best := []string{}
		for _, line := range lines(t.(*testing.T), o.live(id)) {
			var in []string
			for _, text := range texts {
				if strings.Contains(line, text) {
					in = append(in, text)
				}
			}
			if len(in) > len(best) {
				best = in
			}
		}
		return strings.Join(best, " ")
	}
}
