package typedstream

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

const corpus = "typedstream/ReagentX+imessage-exporter/test_data/streamtyped/"

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(testdata.Path(tb, corpus+name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// TestCorpusText holds the texts that the peer asserts. Two differ on purpose:
// the peer fails on the empty string of Blank, which is a body without
// characters, and accepts ExtraData, whose string claims 157 bytes where its
// object ends after 17: the text is given, and so is the error.
func TestCorpusText(t *testing.T) {
	t.Parallel()
	tests := []struct{ file, text, err string }{
		{"AttributedBodyTextOnly", "Noter test", ""},
		{"AttributedBodyTextOnly2", "Test 3", ""},
		{"URL", "https://github.com/ReagentX/Logria", ""},
		{"ExtraData", "This is parsing  ", "157 bytes of"},
		{"Blank", "", ""},
	}
	for _, test := range tests {
		text, err := Text(read(t, test.file))
		if text != test.text || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: got %q, %v; want %q, %q", test.file, text, err, test.text, test.err)
		}
	}
}

func TestCorpusAttributes(t *testing.T) {
	t.Parallel()
	tests := []struct{ file, want string }{
		{"AttributedBodyTextOnly", "0-10 __kIMMessagePartAttributeName=0;"},
		{"AttributedBodyTextOnly2", "0-6 __kIMBaseWritingDirectionAttributeName=-1 __kIMMessagePartAttributeName=0;"},
		{"URL", "0-34 __kIMLinkAttributeName=https://github.com/ReagentX/Logria __kIMMessagePartAttributeName=0" +
			" __kIMBaseWritingDirectionAttributeName=-1 __kIMDataDetectedAttributeName=[582];"},
		{"Blank", ""},
	}
	for _, test := range tests {
		s, err := ParseAttributedString(read(t, test.file))
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
		}
		if got := show(s); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.file, got, test.want)
		}
	}
}

func show(s AttributedString) string {
	var b strings.Builder
	for _, r := range s.Runs {
		fmt.Fprintf(&b, "%d-%d", r.Start, r.End)
		for _, a := range r.Attributes {
			fmt.Fprintf(&b, " %s=%s", a.Name, a.Value.Str())
			if n, ok := a.Value.Num(); ok {
				fmt.Fprint(&b, n)
			}
			if data := a.Value.Bytes(); data != nil {
				fmt.Fprintf(&b, "[%d]", len(data))
			}
		}
		b.WriteString(";")
	}
	return b.String()
}

// stream writes a header and the given bytes.
func stream(parts ...string) []byte {
	return []byte(littleMagic + "\x81\xe8\x03" + strings.Join(parts, ""))
}

// typ writes a new type encoding.
func typ(s string) string { return "\x84" + string(rune(len(s))) + s }

const (
	newString = "\x84\x84\x84\x08NSString\x01\x84\x84\x08NSObject\x00\x85" // begins an object of class NSString
	wordIsStr = "\x84\x01+"
)

// body writes an attributed string with two runs that share no attributes.
func body(text string) []byte {
	return stream("\x84\x01@", "\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85",
		"\x92", "\x84\x84\x84\x08NSString\x01\x94", wordIsStr, string(rune(len(text))), text, "\x86",
		"\x84\x02iI", "\x01\x03", // run 1: dictionary 1, three units
		"\x92", "\x84\x84\x84\x0cNSDictionary\x00\x94", "\x84\x01i\x01",
		"\x92\x84\x96\x96\x01k\x86", "\x92\x84\x96\x96\x01v\x86", "\x86",
		"\x97\x01\x01", // run 2: the same dictionary, one unit
		"\x86")
}

func TestRunsCountUTF16(t *testing.T) {
	t.Parallel()
	s, err := ParseAttributedString(body("a😀é"))
	if err != nil || s.Text != "a😀é" {
		t.Fatalf("got %q, %v", s.Text, err)
	}
	if got, want := show(s), "0-5 k=v;5-7 k=v;"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if v, ok := s.Runs[0].Get("k"); !ok || v.Str() != "v" {
		t.Errorf("attribute k: %v", v)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	values, err := Decode(stream(typ("cCsSiIqQfd*:#[2i]"), "\xff\xff\x81\x00\x80\x81\x00\x80\x82\x00\x00\x00\x80\x82\xff\xff\xff\xff",
		"\x82\x00\x00\x00\x80", "\x9d", "\x83\x00\x00\xc0\x3f", "\x83\x00\x00\x00\x00\x00\x00\xf8\x3f",
		"\x84\x84\x02hi", "\x93", "\x84\x84\x01X\x02\x85", "\x01\x02", typ("{P=fi}[3c]"), "\x03\xfe", "abc"))
	if err != nil {
		t.Error(err)
	}
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "%s:%d:%g:%s:%d:%s ", v.Type, v.Int, v.Float, v.Text, len(v.Elems), v.Data)
	}
	want := "c:-1:0::0: C:255:0::0: s:-32768:0::0: S:32768:0::0: i:-2147483648:0::0: I:4294967295:0::0: q:-2147483648:0::0: Q:157:0::0: " +
		"f:0:1.5::0: d:0:1.5::0: *:0:0:hi:0: ::0:0:hi:0: #:0:0:X:0: [2i]:0:0::2: {P=fi}:0:0::2: [3c]:0:0::0:abc "
	if b.String() != want {
		t.Errorf("\n got %s\nwant %s", b.String(), want)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	deep := stream("\x84\x01@", strings.Repeat("\x84\x84\x84\x01A\x00\x85\x92", 1<<17))
	tests := map[string][]byte{
		"empty":              {},
		"other magic":        []byte("\x04\x0bstreamtypes\x81\xe8\x03"),
		"no version":         []byte(littleMagic),
		"lost type":          stream("\x99"),
		"lost object":        stream("\x84\x01@\xa0"),
		"class as object":    stream("\x84\x01@", newString, "\x86", "\x92\x93"),
		"unknown type":       stream("\x84\x01?"),
		"open array":         stream(typ("[9")),
		"huge array":         stream(typ("[4294967295!]")),
		"array beyond end":   stream(typ("[99999c]")),
		"string beyond end":  stream("\x84\x01+\x82\xff\xff\xff\x7f"),
		"nested objects":     deep,
		"nested types":       stream("\x84\x81\x00\x08", strings.Repeat("[1", 1024)),
		"class without end":  stream("\x84\x01@\x84", strings.Repeat("\x84\x84\x01A\x00", 1<<16)),
		"object without end": stream("\x84\x01@", newString, wordIsStr, "\x02hi"),
		"too many values":    stream(typ("[9999999[0c]]")),
		"empty type":         stream(typ("[1]")),
		"no type":            stream("\x85"),
		"reserved tag":       stream(typ("i"), "\x87"),
	}
	for name, data := range tests {
		if _, err := Decode(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if text, err := Text(tests["object without end"]); text != "hi" || err == nil {
		t.Errorf("text before the damage: got %q, %v", text, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(body("abcd"))
	f.Add(stream(typ("cCsSiIqQfd*:#[2i]"), "\xff\xff\x81\x00\x80"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := ParseAttributedString(data); err == nil && len(s.Runs) > 0 {
			if last := s.Runs[len(s.Runs)-1]; last.End > len(s.Text) {
				t.Errorf("run ends at %d of %d bytes", last.End, len(s.Text))
			}
			show(s)
		}
		_, _ = Text(data)
	})
}
