package keyedarchive

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/internal/testdata"
)

// TestCycles walks through graphs that lead back to themselves.
func TestCycles(t *testing.T) {
	t.Parallel()
	a := open(t, archive(t,
		dict{"$class": uid(3), "NS.objects": []any{uid(1), uid(2), uid(2)}},
		dict{"$class": uid(4), "parent": uid(1), "self": uid(2), "n": 1},
		class("NSArray", "NSObject"), class("Node", "NSObject")))
	var paths []string
	err := Walk(a.Root(), func(path string, o Object) bool {
		paths = append(paths, path)
		return true
	})
	if want := "[ /0 /1 /1/n /1/parent /1/self /2 /2/n /2/parent /2/self]"; fmt.Sprint(paths) != want || err != nil {
		t.Errorf("got %v, %v, want %s", paths, err, want)
	}

	// A class, a string, a URL and a list that are their own parts.
	loop := open(t, archive(t, dict{"$class": uid(1), "$classname": uid(1), "$classes": uid(1), "NS.string": uid(1),
		"NSString": uid(1), "NS.base": uid(1), "NS.relative": uid(1), "NS.objects": uid(1), "NS.keys": uid(1), "NS.data": uid(1),
		"NS.time": uid(1), "NS.intval": uid(1), "NS.uuidbytes": uid(1)})).Root()
	exercise(loop)
	if loop.Text() != "" || loop.URL() != "" || loop.Class() != "" || loop.Len() != 0 {
		t.Errorf("loop: %q %q %q %d", loop.Text(), loop.URL(), loop.Class(), loop.Len())
	}
}

// TestBudgets walks through graphs that are deeper and wider than any.
func TestBudgets(t *testing.T) {
	t.Parallel()
	deep := make([]any, 1000)
	wide := make([]any, 40)
	for i := range deep {
		deep[i] = dict{"next": uid(i + 2)}
	}
	for i := range wide {
		wide[i] = dict{"NS.objects": []any{uid(i + 2), uid(i + 2)}}
	}
	if err := Walk(open(t, archive(t, deep...)).Root(), func(string, Object) bool { return true }); !errors.Is(err, plist.ErrTooDeep) {
		t.Errorf("deep: %v", err)
	}
	if err := walkWithin(open(t, archive(t, wide...)).Root(), 1<<14, func(string, Object) bool { return true }); !errors.Is(err, plist.ErrTooMany) {
		t.Errorf("wide: %v", err)
	}
}

// exercise calls every method on an object.
func exercise(o Object) {
	o.Class()
	o.Classes()
	o.IsA("NSArray")
	o.IsNull()
	_ = o.Err()
	o.Bool()
	o.Int()
	o.Uint()
	o.Float()
	_ = o.Text()
	o.Data()
	o.Time()
	_ = o.URL()
	o.UUID()
	o.Len()
	o.Lookup("x")
	n := 0
	for range o.Elems() {
		if n++; n > 1000 {
			break
		}
	}
	for range o.Entries() {
		if n++; n > 2000 {
			break
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(mbFile(f))
	f.Add(archive(f, dict{"$class": uid(2), "NS.keys": []any{uid(1)}, "NS.objects": []any{uid(1)}}, class("NSDictionary", "NSObject")))
	f.Add(archive(f, dict{"$class": uid(2), "NS.base": uid(1), "NS.relative": "x", "NS.object.0": uid(1)}, class("NSURL")))
	f.Add(archive(f, dict{"$class": uid(2), "NS.time": 1.5, "NS.string": uid(3), "NS.uuidbytes": []byte("0123456789abcdef")},
		class("NSDate", "NSObject"), "text"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		a, err := Parse(data)
		if err != nil {
			return
		}
		n := 0
		_ = Walk(a.Root(), func(_ string, o Object) bool {
			exercise(o)
			n++
			return n < 1<<12
		})
		for i := range min(a.Len(), 100) {
			exercise(a.At(i))
		}
	})
}

// TestCorpusNumbers reads the dictionaries with numbers as keys and values that
// the peer keeps as fixtures.
func TestCorpusNumbers(t *testing.T) {
	t.Parallel()
	read := func(name string) Object {
		data, err := os.ReadFile(testdata.Path(t, "plist/danielpaulus+go-ios/nskeyedarchiver/fixtures/"+name))
		if err != nil {
			t.Fatal(err)
		}
		return open(t, data).Root()
	}
	if n := read("int64-value-in-nskeyedarchive.bin").Lookup("pidToInjectCombineDYLIB").Int(); n != -1 {
		t.Errorf("int64: got %d", n)
	}
	for key, val := range read("uint64-key-dictionary.bin").Entries() {
		if key.Uint() != 40400 || val.Len() != 10 || val.Lookup("disk.openfiles[]").Len() != 3 {
			t.Errorf("uint64 key: got %d with %d entries", key.Uint(), val.Len())
		}
	}
	env := read("xctestconfiguration.bin")
	if u := env.Get("testBundleURL").URL(); env.Class() != "XCTestConfiguration" || len(u) < 20 || u[:8] != "file:///" {
		t.Errorf("configuration: %s %q", env.Class(), u)
	}
}
