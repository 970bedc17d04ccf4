package android_test

import (
	"compress/gzip"
	"io"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/android"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// backupLines parses what a source holds for a parser and returns its records
// as lines of JSON. Any error fails the test.
func backupLines(t *testing.T, src *evidence.Source, p *artifact.Parser) (lines []string) {
	t.Helper()
	for _, job := range engine.NewPlan(src, []*artifact.Parser{p}, func(*artifact.Parser) bool { return true }).Jobs {
		for _, f := range job.Files {
			for rec, err := range engine.Parse(t.Context(), src, p, f, nil) {
				if err != nil {
					t.Errorf("%s: %v", f.Path, err)
					continue
				}
				line, err := rec.AppendJSON(nil)
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, string(line))
			}
		}
	}
	return lines
}

// TestCorpusBackup compares the messages of published backups with the figures
// that MVT's tests assert for them: messages, and the link in the first.
func TestCorpusBackup(t *testing.T) {
	t.Parallel()
	const mvt = "android-backup/mvt-project+mvt/"
	for _, c := range []struct {
		file     string
		sms, mms int
		have     []string
		modified string // of some file, as tar lists it
	}{
		// MVT has an SMS of 2022, and an MMS of 1970 because it takes seconds for
		// milliseconds. It calls the SMS received; type 6 is one that was not sent.
		{"android_backup/backup.ab", 1, 1, []string{
			`"date":{"utc":"2022-02-22T15:29:41.956Z"`, `"direction":"not sent","box":"queued","number":"06543219"`, `https://google.com/`,
			`"date":{"utc":"2020-01-20T14:49:49Z"`, `"direction":"received","box":"inbox","kind":"retrieved","number":"+12345678"`, `http://google.com`,
		}, `"modified":{"utc":"2022-03-05T22:28:35Z"`},
		{"android_backup/backup2.ab", 1, 0, []string{`https://google.com/`}, ""},
		{"android_backup/apps", 1, 1, []string{`https://google.com/`, `http://google.com`}, ""}, // unpacked
		{"androidqf_encrypted/backup.ab", 1, 0, []string{`https://google.com/`}, ""},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			file := testdata.Path(t, mvt+c.file)
			if path.Base(file) == "apps" {
				file = t.TempDir() // without the packed ones that lie beside it
				if err := os.CopyFS(path.Join(file, "apps"), os.DirFS(testdata.Path(t, mvt+c.file))); err != nil {
					t.Fatal(err)
				}
			}
			sources, err := evidence.Open(t.Context(), file, evidence.Options{Password: func() ([]byte, error) { return []byte("123456"), nil }})
			if err != nil {
				t.Fatal(err)
			}
			defer sources[0].Close()
			if files := backupLines(t, sources[0], &android.BackupFiles); c.modified != "" && !strings.Contains(strings.Join(files, "\n"), c.modified) {
				t.Errorf("no file has %s in\n%s", c.modified, files)
			}
			sms, mms := backupLines(t, sources[0], &android.SMS), backupLines(t, sources[0], &android.MMS)
			if len(sms) != c.sms || len(mms) != c.mms {
				t.Errorf("%d SMS and %d MMS, want %d and %d", len(sms), len(mms), c.sms, c.mms)
			}
			all := strings.Join(append(sms, mms...), "\n")
			for _, text := range c.have {
				if !strings.Contains(all, text) {
					t.Errorf("no message has %s in\n%s", text, all)
				}
			}
		})
	}
}

// backupCrashes parses crashes of the corpus under the names they would have.
func backupCrashes(t *testing.T, files map[string]string) []string {
	t.Helper()
	tree := fstest.MapFS{}
	for device, rel := range files {
		data, err := os.ReadFile(testdata.Path(t, "android-tombstone/"+rel))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(rel, ".gz") {
			z, err := gzip.NewReader(strings.NewReader(string(data)))
			if err != nil {
				t.Fatal(err)
			}
			if data, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		tree["data/tombstones/"+device] = &fstest.MapFile{Data: data}
	}
	return backupLines(t, &evidence.Source{ID: "test", Kind: evidence.AndroidBugreport, FS: tree}, &android.Tombstones)
}

// TestCorpusTombstones reads published crashes. The twins of one crash give one
// record, where MVT has two.
func TestCorpusTombstones(t *testing.T) {
	t.Parallel()
	const mvt = "mvt-project+mvt/android_data/"
	twin := []string{`"utc":"2023-04-12T10:32:40.51829077Z"`, `"process":"/vendor/bin/hw/android.hardware.media.c2@1.2-mediatek"`, `"thread":"mtk.ape.decoder"`,
		`"pid":25541,"tid":21307,"uid":1046`, `"signal":"SIGSEGV"`, `"code":"SEGV_MAPERR","code_raw":1`, `"causes":["null pointer dereference"]`}
	for _, c := range []struct {
		name  string
		files map[string]string
		have  []string
	}{
		{"bugreport", map[string]string{"tombstone_00": mvt + "bugreport/FS/data/tombstones/tombstone_00"}, []string{`"utc":"2021-09-29T15:43:49Z"`, `"process":"/system/bin/adbd"`,
			`"thread":"UsbFfs-worker"`, `"uid":2000`, `"signal":"SIGABRT","number":6,"code":"SI_QUEUE","code_raw":-1`}},
		{"text", map[string]string{"tombstone_01": mvt + "tombstone_process.txt"}, twin},
		{"protobuf", map[string]string{"tombstone_01.pb": mvt + "tombstone_process.pb"}, twin},
		{"twins", map[string]string{"tombstone_01": mvt + "tombstone_process.txt", "tombstone_01.pb": mvt + "tombstone_process.pb"}, twin},
		{"sentry", map[string]string{"tombstone_02.pb": "getsentry+sentry-java/tombstone.pb.gz"}, []string{`"pid":21891`, `"threads":62`, `"signal":"SIGSEGV","number":11,"code":"SEGV_MAPERR","code_raw":1`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines := backupCrashes(t, c.files)
			if len(lines) != 1 {
				t.Fatalf("%d records, want 1", len(lines))
			}
			for _, text := range c.have {
				if !strings.Contains(lines[0], text) {
					t.Errorf("no %s in %.3000s", text, lines[0])
				}
			}
		})
	}
}

// TestCorpusANRs reads published traces; threads were counted with grep.
func TestCorpusANRs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file    string
		threads string
	}{
		{"thread_dump.txt", `"threads":30,`},
		{"thread_dump_native_only.txt", `"threads":57,`},
		{"thread_dump_no_stacktrace.txt", `"threads":2,`},
		{"thread_dump_process_name_main.txt", `"threads":2,"names":["io.sentry.samples.android","Thread-2"]`},
	} {
		data, err := os.ReadFile(testdata.Path(t, "android-tombstone/getsentry+sentry-java/"+c.file))
		if err != nil {
			t.Fatal(err)
		}
		src := &evidence.Source{ID: "test", Kind: evidence.AndroidBugreport, FS: fstest.MapFS{"data/anr/anr_1": &fstest.MapFile{Data: data}}}
		lines := backupLines(t, src, &android.ANRs)
		if len(lines) != 1 || !strings.Contains(lines[0], c.threads) {
			t.Errorf("%s: %d records, want one with %s: %.400s", c.file, len(lines), c.threads, lines)
		}
	}
}
