package figures

import (
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
)

// androidPassword opens the locked backups of the corpus.
const androidPassword = "123456"

// Why figures about Android are no concern of Vigie, or of its acquisitions.
const (
	heuristics = "a rule of thumb of the peer, with its own level; the rules for Android have tests of their own"
	ownCommand = "how the peer's command ends or logs; the exit status of ours is tested with examination"
	sentryForm = "the form in which the peer reports a crash to its server, which is the same for all of them"
)

// dumpedAs are the paths at which an acquisition of AndroidQF has what the
// peers keep as single files.
var dumpedAs = map[string]string{
	"dumpsys_accessibility.txt":   "androidqf/dumpsys/accessibility.txt",
	"dumpsys_adb.txt":             "androidqf/dumpsys/adb.txt",
	"dumpsys_adb_wifi.txt":        "androidqf/dumpsys/adb.txt",
	"dumpsys_appops.txt":          "androidqf/dumpsys/appops.txt",
	"dumpsys_battery.txt":         "androidqf/dumpsys/batterystats.txt",
	"dumpsys_dbinfo.txt":          "androidqf/dumpsys/dbinfo.txt",
	"dumpsys_packages.txt":        "androidqf/dumpsys/package.txt",
	"dumpsys_platform_compat.txt": "androidqf/dumpsys/platform_compat.txt",
	"getprop.txt":                 "androidqf/getprop.txt",
	"ps.txt":                      "androidqf/ps.txt",
	"android_logcat.log":          "androidqf/logcat.txt",
	"tombstone.pb.gz":             "data/tombstones/tombstone_00.pb",
}

// single reads one file of the corpus as part of an acquisition of AndroidQF.
func single(t *testing.T, rel string) func() *outcome {
	return keep(t, rel, func() *outcome {
		f, err := os.Open(testdata.Path(t, rel))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var r io.Reader = f
		if strings.HasSuffix(rel, ".gz") {
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		tree := fstest.MapFS{dumpedAs[path.Base(rel)]: &fstest.MapFile{Data: data, Mode: 0o444}}
		return read(t, &evidence.Source{ID: "figures", Kind: evidence.AndroidQF, FS: tree})
	})
}

// whole reads an acquisition with all sources that are in it.
func whole(t *testing.T, rel string) func() *outcome {
	return keep(t, rel, func() *outcome {
		opt := evidence.Options{Password: func() ([]byte, error) { return []byte(androidPassword), nil }}
		list, err := evidence.Open(t.Context(), testdata.Path(t, rel), opt)
		if err != nil {
			t.Fatal(err)
		}
		all := &outcome{source: list[0], records: map[string][]record.Record{}, errors: map[string][]string{}}
		for _, src := range list {
			t.Cleanup(func() { src.Close() })
			o := read(t, src)
			for id, recs := range o.records {
				all.records[id] = append(all.records[id], recs...)
			}
			for id, errs := range o.errors {
				all.errors[id] = append(all.errors[id], errs...)
			}
		}
		return all
	})
}

// keep returns an outcome that is made when first asked for, once in a test.
func keep(t *testing.T, key string, do func() *outcome) func() *outcome {
	return func() *outcome {
		androidMu.Lock()
		defer androidMu.Unlock()
		if androidKept[key] == nil {
			androidKept[key] = do()
			t.Cleanup(func() {
				androidMu.Lock()
				defer androidMu.Unlock()
				delete(androidKept, key)
			})
		}
		return androidKept[key]
	}
}

var (
	androidMu   sync.Mutex
	androidKept = map[string]*outcome{}
)

// distinct returns the distinct values of fields among live records, in order,
// of records in which all of them have one.
func (o *outcome) distinct(t testing.TB, id string, conditions []string, fields ...string) (keys []string) {
	for _, row := range o.rows(t, id, where(conditions)) {
		key, whole := "", true
		for _, f := range fields {
			v := at(row, f)
			key, whole = key+" "+v, whole && v != ""
		}
		if key = strings.TrimPrefix(key, " "); whole && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// kindsOf asks how many distinct values fields have.
func kindsOf(id, condition string, fields ...string) question {
	return func(t testing.TB, o *outcome) string {
		var c []string
		if condition != "" {
			c = append(c, condition)
		}
		return strconv.Itoa(len(o.distinct(t, id, c, fields...)))
	}
}

// nth asks for a field of a live record by its place among those that meet a
// condition, which may be empty.
func nth(id, condition string, n int, path string) question {
	return func(t testing.TB, o *outcome) string {
		var c []string
		if condition != "" {
			c = append(c, condition)
		}
		if rows := o.rows(t, id, where(c)); n < len(rows) {
			return at(rows[n], path)
		}
		return ""
	}
}

// dated asks how many live records have a time in a field.
func dated(id, field string) question {
	return func(t testing.TB, o *outcome) string {
		n := 0
		for _, row := range o.rows(t, id, nil) {
			if at(row, field) != "" {
				n++
			}
		}
		return strconv.Itoa(n)
	}
}

// sum asks several questions for a number and adds the answers.
func sum(list ...question) question {
	return func(t testing.TB, o *outcome) string {
		total := 0
		for _, q := range list {
			n, err := strconv.Atoi(q(t, o))
			if err != nil {
				t.Error(err)
			}
			total += n
		}
		return strconv.Itoa(total)
	}
}

// wrong asks how many errors a parser had.
func wrong(id string) question {
	return func(_ testing.TB, o *outcome) string { return strconv.Itoa(len(o.errors[id])) }
}

// mentions asks for an address, which a message must have.
func mentions(url string) question {
	return func(t testing.TB, o *outcome) string {
		for _, id := range []string{"android.sms", "android.mms"} {
			for _, row := range o.rows(t, id, nil) {
				if slices.Contains(strings.Fields(at(row, "text")), url) {
					return url
				}
			}
		}
		return ""
	}
}

// messages asks for the number of messages of either kind.
var messages = sum(count("android.sms"), count("android.mms"))

// ofPackage asks how many operations the n-th package of the dump has, or how
// often one of them was used.
func ofPackage(n, op int) question {
	return func(t testing.TB, o *outcome) string {
		packages := o.distinct(t, "android.appops", nil, "uid", "app")
		if n >= len(packages) {
			return ""
		}
		uid, app, _ := strings.Cut(packages[n], " ")
		c := []string{"uid=" + uid, "app=" + app}
		ops := o.distinct(t, "android.appops", c, "op")
		if op < 0 || op >= len(ops) {
			return strconv.Itoa(len(ops))
		}
		uses := 0
		for _, row := range o.rows(t, "android.appops", where(append(c, "op="+ops[op]))) {
			if at(row, "use") != "" {
				uses++
			}
		}
		return strconv.Itoa(uses)
	}
}

// packageAt asks for the n-th package in the dump of operations.
func packageAt(n int) question {
	return func(t testing.TB, o *outcome) string {
		list := o.distinct(t, "android.appops", nil, "uid", "app")
		if n >= len(list) {
			return ""
		}
		_, app, _ := strings.Cut(list[n], " ")
		return app
	}
}

// hashed asks for the SHA-256 of a file.
func hashed(name string) question {
	return func(t testing.TB, o *outcome) string {
		f, err := o.source.Open(name)
		if err != nil {
			return err.Error()
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
}

// stored asks how many files an acquisition has, parts of files not counted.
func stored(_ testing.TB, o *outcome) string {
	n := 0
	err := o.source.WalkFiles(func(name string, _ int64) error {
		if o.source.Whole(name) == name {
			n++
		}
		return nil
	})
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(n)
}
