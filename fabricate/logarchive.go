package fabricate

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog/logtest"
)

// defaultEntries is how many entries a log archive has.
const defaultEntries = 100_000

// logArchiveBoot is when the phone of a log archive was started.
var logArchiveBoot = time.Date(2026, 3, 14, 8, 0, 0, 0, time.UTC)

// makeLogArchive makes a sysdiagnose, as a folder, of little more than a log archive: as
// large as one wants, with nothing planted, for measurements.
func makeLogArchive(dir string, opt Options) (string, *Truth, error) {
	if opt.Entries <= 0 {
		opt.Entries = defaultEntries
	}
	folder := filepath.Join(dir, "sysdiagnose_2026.03.14_10-26-53+0100_iPhone-OS_iPhone_22D63")
	archive := filepath.Join(folder, "system_logs.logarchive")
	w := logtest.New(logtest.Options{Boot: logArchiveBoot}, func(name string) (io.WriteCloser, error) {
		name = filepath.Join(archive, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return nil, err
		}
		return os.Create(name)
	})
	if err := logtest.Busy(w, logArchiveBoot, opt.Entries); err != nil {
		return "", nil, err
	}
	line := "Output directory: /private/var/db/sysdiagnose/com.apple.sysdiagnose/IN_PROGRESS_" + filepath.Base(folder) + "\n"
	if err := os.WriteFile(filepath.Join(folder, "sysdiagnose.log"), []byte(line), 0o600); err != nil {
		return "", nil, err
	}
	truth := &Truth{Seed: opt.Seed, Benign: true, Traces: []Trace{}, Traps: []Trap{}}
	return folder, truth, writeTruth(dir, truth, "")
}
