package figures

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/internal/testdata"
)

const (
	libplist    = "plist/libimobiledevice+libplist/test/data/"
	conversions = "JSON and OpenStep are forms that the peer converts to; no backup has them, and they are refused or not written"
)

// twinsOf are the files that a file must equal, by the peer's test.
var twinsOf = map[string]func(file string) string{
	"offsetsize.test":      func(string) string { return "offxml.plist" },
	"refsize.test":         func(string) string { return "offxml.plist" },
	"signedunsigned1.test": otherForm,
	"signedunsigned2.test": otherForm,
	"order.test":           otherForm,
}

func otherForm(file string) string {
	if base, ok := strings.CutSuffix(file, ".bplist"); ok {
		return base + ".plist"
	}
	return strings.TrimSuffix(file, ".plist") + ".bplist"
}

// refusedFiles are the tests of files that must not be read as if they were right.
var refusedFiles = []string{"amp.test", "invalid_tag.test", "malformed_dict.test", "recursion.test"}

// accountPlist accounts for the figures about property lists.
func accountPlist(t *testing.T, e *expectation) verdict {
	data, err := os.ReadFile(testdata.Path(t, e.File))
	if err != nil {
		t.Fatal(err)
	}
	test, file := path.Base(e.Test), path.Base(e.File)
	switch {
	case test == "test-fuzzers.sh": // must end without crash
		document(data)
		return equal
	case strings.HasSuffix(test, "::TestValidation"):
		got := "unarchive returns no error"
		if _, err := keyedarchive.Parse(data); err != nil {
			got = "unarchive returns an error"
		}
		return compare(t, file, got, "", e.text(), "")
	case strings.Contains(e.File, "log2timeline+plaso"):
		return accountPlaso(t, e, file, data)
	case slices.Contains(refusedFiles, test):
		_, damaged := document(data)
		return compare(t, file, fmt.Sprint(damaged), "", "true", "")
	case strings.HasPrefix(test, "json"), strings.HasPrefix(test, "ostep"):
		return outside
	case twinsOf[test] != nil:
		other, err := os.ReadFile(testdata.Path(t, libplist+twinsOf[test](file)))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := document(data)
		want, _ := document(other)
		if len(want) == 0 {
			return unsettled
		}
		return compare(t, test+" "+file, strings.Join(got, "\n"), "", strings.Join(want, "\n"), "")
	case slices.Contains([]string{"cdata.test", "empty_keys.test", "hex.test", "signedunsigned3.test", "uid.test"}, test):
		return by(t, "format/plist.TestCorpusFigures")
	case strings.HasPrefix(test, "bigarray"), strings.HasPrefix(test, "large"), test == "entities.test":
		return by(t, "format/plist.TestCorpusAgainstReference")
	}
	return unsettled
}

// accountPlaso accounts for the figures of plaso: events are members of the
// document, and a warning is a damaged part.
func accountPlaso(t *testing.T, e *expectation, file string, data []byte) verdict {
	says, value := claim(e.text())
	switch {
	case says == "event_data", strings.HasPrefix(e.text(), "{"):
		return by(t, "format/plist.TestPlasoFigures")
	case file == "com.apple.security.KCN.plist" && says == "extraction_warning":
		_, damaged := document(data)
		return compare(t, file, fmt.Sprint(damaged), "false", value, "the year 0 that plaso cannot read is NSDate's distant past")
	}
	warnings := "0"
	if _, damaged := document(data); damaged {
		warnings = "1"
	}
	return compare(t, file, warnings, "", value, "")
}

// document returns the values of a property list with their paths, and whether
// any part of it is damaged.
func document(data []byte) (list []string, damaged bool) {
	v, err := plist.Parse(data)
	damaged = err != nil
	err = plist.Walk(v, func(path string, v plist.Value) bool {
		hi, lo := v.Int128()
		damaged = damaged || v.Err() != nil || strings.HasSuffix(path, "<"+v.Kind().String()+">")
		list = append(list, fmt.Sprintf("%s %v %q %d %d %v %x", path, v.Kind(), v.String(), hi, lo, v.Float(), v.Data()))
		return len(list) < 1<<16
	})
	return list, damaged || err != nil
}
