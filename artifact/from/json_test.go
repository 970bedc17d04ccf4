package from_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
)

// elements returns the elements of a text, and the errors, one on a line each.
func elements(tb testing.TB, text string) string {
	tb.Helper()
	f, err := fstest.MapFS{"x.json": &fstest.MapFile{Data: []byte(text)}}.Open("x.json")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var b strings.Builder
	for e, err := range from.Elements(f.(evidence.File)) {
		if err != nil {
			fmt.Fprintln(&b, err)
			continue
		}
		if got := text[e.Offset : e.Offset+int64(len(e.JSON))]; got != string(e.JSON) {
			tb.Errorf("element %s has the offset of %s", e.JSON, got)
		}
		fmt.Fprintf(&b, "%d %s\n", e.Number, e.JSON)
	}
	return b.String()
}

func TestElements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "read list: the file is empty\n"},
		{"blank", " \n", "read list: the file is empty\n"},
		{"cut after an element", `[{"a":1}`, "1 {\"a\":1}\nread element 2 at offset 8: unexpected EOF\n"},
		{"cut after the bracket", "[", "read element 1 at offset 1: unexpected EOF\n"},
		{"list after much blank", strings.Repeat(" ", 2000) + "[1]", "1 1\n"},
		{"line after much blank", strings.Repeat("\n", 512) + "{}", "1 {}\n"},
		{"null", "null\n", ""},
		{"empty", "[]", ""},
		{"list", "\xef\xbb\xbf [1, \"a\", null,\n{\"b\":[]}]\r\n", "1 1\n2 \"a\"\n3 null\n4 {\"b\":[]}\n"},
		{"lines", "{\"a\":1}\n{\"a\":2}\n", "1 {\"a\":1}\n2 {\"a\":2}\n"},
		{"one object", "{\"a\":1}", "1 {\"a\":1}\n"},
		{"cut", `[{"a":1},{"a":2`, "1 {\"a\":1}\nread element 2 at offset 9: unexpected EOF\n"},
		{"cut between", `[{"a":1},`, "1 {\"a\":1}\nread element 2 at offset 9: unexpected EOF\n"},
		{"cut line", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n", "1 {\"a\":1}\nread element 2 at offset 8: unexpected EOF\n3 {\"a\":3}\n"},
		{"damaged", `[{"a":1},{"a":},{"a":3}]`, "1 {\"a\":1}\nread element 2 at offset 9: invalid character '}' looking for beginning of value\n3 {\"a\":3}\n"},
		{"damaged text", `["a","b,"c","d"]`, "1 \"a\"\n2 \"b,\"\nread element 3 at offset 9: expected comma after array element\n4 \"d\"\n"},
		{"damaged, indented", "[\n  {\"l\": [\n    {},\n    {]\n  },\n  {\"a\": 2}\n]", "read element 1 at offset 4: invalid character ']' looking for beginning of object key string\n2 {\"a\": 2}\n"},
		{"two lists", "[{}]\n[{},\n{}]", "1 {}\nread list: more follows its end at offset 5\n2 {}\n"},
		{"no list", "no such file\n", "read element 1 at offset 0: invalid character 'o' in literal null (expecting 'u')\n"},
	} {
		if got := elements(t, c.text); got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestElementTooLong(t *testing.T) {
	t.Parallel()
	got := elements(t, `[{"a":"`+strings.Repeat("x", 9<<20)+`"},{"a":2}]`)
	if want := "read element 1 at offset 1: longer than 8 MiB\n2 {\"a\":2}\n"; got != want {
		t.Errorf("got %.200q, want %q", got, want)
	}
}

// TestElementsNested reads lines each of which begins an object that never ends.
func TestElementsNested(t *testing.T) {
	t.Parallel()
	got := elements(t, strings.Repeat("{\"a\":\n", 100_000))
	if !strings.Contains(got, "too much is damaged") {
		t.Errorf("got %.200q", got)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	v := from.JSON(`{"s": "a\u00e9\n", "bad": "` + "\xff" + `", "n":-12 , "t":true,"z":null, "l":[1,"}]",{"k":[]},[ ]],"big":12345678901234567890,` +
		`"at":"2031-02-03T10:20:30.5+01:00","never":"0001-01-01T00:00:00Z"}`)
	var b strings.Builder
	for k, m := range v.Members() {
		n, ok := m.Int()
		fmt.Fprintf(&b, "%s=%q %d %v %v", k, m.Text(), n, ok, m.Bool())
		if at := m.Time(); at.IsSet() {
			fmt.Fprintf(&b, " %s %s", at.Time, at.Zone)
		}
		for e := range m.Items() {
			fmt.Fprintf(&b, " <%s>", e.Text())
		}
		b.WriteByte('\n')
	}
	want := `s="aé\n" 0 false false
bad="�" 0 false false
n="-12" -12 true false
t="true" 0 false true
z="" 0 false false
l="[1,\"}]\",{\"k\":[]},[ ]]" 0 false false <1> <}]> <{"k":[]}> <[ ]>
big="12345678901234567890" 9223372036854775807 false false
at="2031-02-03T10:20:30.5+01:00" 0 false false 2031-02-03 09:20:30.5 +0000 UTC offset
never="0001-01-01T00:00:00Z" 0 false false
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func FuzzElements(f *testing.F) {
	f.Add([]byte(`[{"a":1},{"a":},{"a":3}]`))
	f.Add([]byte("{\"a\":1}\n{\"a\":2}\n"))
	f.Add([]byte("[\n  {\"l\": [\n    {},\n    {]\n  },\n  {\"a\": 2}\n]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		elements(t, string(data))
	})
}
