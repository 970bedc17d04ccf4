package plist

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/internal/testdata"
	reference "howett.net/plist"
)

// corpusFiles returns the files below a folder of the corpus.
func corpusFiles(t *testing.T, rel string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(testdata.Path(t, rel), func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != "PROVENANCE.md" {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestCorpusSurvives reads every file of the corpus, the reproducers of fuzzers
// included ("parser must terminate without crash, leak or hang").
func TestCorpusSurvives(t *testing.T) {
	t.Parallel()
	for _, name := range corpusFiles(t, "plist") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		exercise(data)
	}
}

// exercise calls every accessor on every value.
func exercise(data []byte) (values int) {
	Detect(data)
	v, _ := Parse(data)
	_ = Walk(v, func(_ string, v Value) bool {
		values++
		v.Err()
		v.Offset()
		v.Bool()
		v.Int()
		v.Uint()
		v.Int128()
		v.Float()
		v.Time()
		_ = v.String()
		v.Data()
		v.Keys()
		v.Get("a")
		v.Index(values)
		v.Object()
		return values < 1<<16
	})
	return values
}

// TestCorpusAgainstReference compares whole documents with howett.net/plist.
func TestCorpusAgainstReference(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, rel := range []string{"plist/log2timeline+plaso", "plist/danielpaulus+go-ios",
		"plist/libimobiledevice+libplist/test", "typedstream", "ios-artifacts", "ios-backup"} {
		for _, name := range corpusFiles(t, rel) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			f, base := Detect(data), filepath.Base(name)
			if f != Binary && f != XML || base == "empty_keys.plist" || base == "invalid_tag.plist" {
				continue // the reference keeps the last of equal keys, and ignores a declaration in a key
			}
			var want any
			format, err := reference.Unmarshal(data, &want)
			if err != nil || format != reference.XMLFormat && format != reference.BinaryFormat {
				continue
			}
			got, err := Parse(data)
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(name), err)
				continue
			}
			compared++
			same(t, filepath.Base(name), got, want)
		}
	}
	if compared < 60 {
		t.Errorf("compared %d documents, want at least 60", compared)
	}
	t.Logf("compared %d documents", compared)
}

// same reports where a value differs from what the reference decoded.
func same(t *testing.T, path string, got Value, want any) {
	t.Helper()
	ok := false
	switch want := want.(type) {
	case bool:
		ok = got.Kind() == Bool && got.Bool() == want
	case uint64:
		ok = got.Uint() == want && (got.Kind() == Int || got.Kind() == Uint)
	case int64:
		ok = got.Kind() == Int && got.Int() == want
	case float64:
		ok = got.Kind() == Real && (got.Float() == want || math.IsNaN(want) && math.IsNaN(got.Float()))
	case float32:
		ok = got.Kind() == Real && got.Float() == float64(want)
	case string:
		ok = got.Kind() == String && got.String() == want
	case []byte:
		ok = got.Kind() == Data && bytes.Equal(got.Data(), want)
	case time.Time:
		// The reference computes dates with less precision.
		gap := got.Time().Sub(want)
		ok = got.Kind() == Date && (gap.Abs() < time.Microsecond || want.Year() < 1 && got.Time().IsZero())
	case reference.UID:
		ok = got.Kind() == UID && got.Uint() == uint64(want)
	case []any:
		ok = (got.Kind() == Array || got.Kind() == Set) && got.Len() == len(want)
		for i := 0; ok && i < len(want); i++ {
			same(t, path+"/"+got.Index(i).Kind().String(), got.Index(i), want[i])
		}
	case map[string]any:
		ok = got.Kind() == Dict && got.Len() == len(want)
		for key, w := range want {
			same(t, path+"/"+key, got.Get(key), w)
		}
	case nil:
		ok = got.Kind() == Null
	}
	if !ok {
		t.Errorf("%s: got %v (%d, %v, %q, %v), want %T %.80v", path, got.Kind(), got.Int(), got.Float(), got.String(), got.Err(), want, want)
	}
}

// TestCorpusFigures holds what the peers' own tests assert about single files.
func TestCorpusFigures(t *testing.T) {
	t.Parallel()
	const lib = "plist/libimobiledevice+libplist/test/data/"
	read := func(t *testing.T, rel string) (Value, error) {
		data, err := os.ReadFile(testdata.Path(t, rel))
		if err != nil {
			t.Fatal(err)
		}
		return Parse(data)
	}
	// The peer refuses these; so does Vigie, or it shows the damaged part.
	for _, rel := range []string{"amp.plist", "invalid_tag.plist", "malformed_dict.bplist", "recursion.bplist", "o2.ostep", "o3.ostep", "j2.json"} {
		v, err := read(t, lib+rel)
		if err == nil {
			// A damaged key or value costs only itself here.
			err = damage(v)
		}
		if err == nil {
			t.Errorf("%s: no error", rel)
		}
	}
	v, _ := read(t, lib+"hex.plist")
	if v.Int() != 0x73709551615 {
		t.Errorf("hex: got %d", v.Int())
	}
	v, _ = read(t, lib+"empty_keys.plist")
	if keys := v.Keys(); len(keys) != 2 || keys[0]+keys[1] != "" || v.Index(0).Kind() != Invalid {
		t.Errorf("empty keys: got %q", keys)
	}
	v, _ = read(t, lib+"cdata.plist")
	if s := v.Get("cdata&key").String(); !strings.HasPrefix(s, "string with cdata content:  !\"#$%&") {
		t.Errorf("cdata: got %q", s)
	}
	for _, rel := range []string{"dictref3bytes", "dictref4bytes", "dictref5bytes", "dictref7bytes", "dictref8bytes",
		"off1byte", "off4bytes", "off5bytes", "off7bytes", "off8bytes"} {
		if v, err := read(t, lib+rel+".bplist"); v.Get("A").String() != "B" {
			t.Errorf("%s: keys %q, %v", rel, v.Keys(), err)
		}
	}
	v, _ = read(t, lib+"signedunsigned.bplist")
	for i, want := range []string{"-1", "18446744073709551615", "9223372036854775807", "-9223372036854775808", "9223372036854775808"} {
		if got := integer(v.Index(i)).String(); got != want {
			t.Errorf("signedunsigned %d: got %s, want %s", i, got, want)
		}
	}
	v, _ = read(t, lib+"uid.bplist")
	if v.Kind() != UID || v.Uint() != 7 {
		t.Errorf("uid: got %v %d", v.Kind(), v.Uint())
	}
	v, _ = read(t, lib+"order.bplist")
	if keys := v.Keys(); len(keys) != 2 || keys[0] != "test" || keys[1] != "foo" {
		t.Errorf("order: got %q", keys)
	}
}

// damage returns the first thing in a document that is not as it should be.
func damage(v Value) (err error) {
	walked := Walk(v, func(path string, v Value) bool {
		if err == nil {
			err = v.Err()
		}
		if err == nil && strings.HasSuffix(path, "<"+v.Kind().String()+">") {
			err = errors.New("key is no string")
		}
		return true
	})
	if err == nil {
		err = walked
	}
	return err
}

// integer returns an integer of any kind.
func integer(v Value) *big.Int {
	hi, lo := v.Int128()
	n := new(big.Int).Lsh(big.NewInt(hi), 64)
	return n.Add(n, new(big.Int).SetUint64(lo))
}
