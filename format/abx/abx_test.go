package abx

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// s returns a string with its length.
func s(text string) string { return string([]byte{byte(len(text) >> 8), byte(len(text))}) + text }

// name returns a name that is new in the pool.
func name(text string) string { return "\xff\xff" + s(text) }

var file = Magic + "\x10" +
	"\x32" + name("keyStore") + "\x6f" + name("version") + "\x00\x00\x00\x01" +
	"\x32" + name("adbKey") + "\x2f" + name("key") + s("QAAA u@h") + "\x8f" + name("last") + "\x00\x00\x01\x97\x2a\x1c\x4c\x00" +
	"\x7f" + name("hex") + "\xff\xff\xff\xff" + "\xcf" + name("on") + "\xdf" + name("off") + "\x4f" + name("b") + s("\x01\xff") +
	"\x5f" + name("c") + s("\x01\xff") + "\xaf" + name("f") + "\x3f\x80\x00\x00" + "\x1f" + name("null") + "\x3f\x00\x01\x00\x00" +
	"\x24" + s("caf\xc3\xa9 \xed\xa0\xbd\xed\xb8\x80\xc0\x80") + "\x33\x00\x02" +
	"\x33\x00\x00" + "\x11"

func TestDecode(t *testing.T) {
	t.Parallel()
	got, err := Decode([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []*Element{{Name: "keyStore", Offset: 5, Attributes: []Attribute{{"version", "1"}}, Elements: []*Element{{
		Name: "adbKey", Offset: 34, Text: "café 😀\x00", Attributes: []Attribute{{"key", "QAAA u@h"}, {"last", "1748758187008"}, {"hex", "ffffffff"},
			{"on", "true"}, {"off", "false"}, {"b", "01ff"}, {"c", "Af8="}, {"f", "1"}, {"null", ""}, {"version", "keyStore"}}}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	got, err := Decode([]byte(`<?xml version='1.0' encoding='latin1' standalone='yes' ?><a b="1">x<c>y<e>z</e></c>w</a><d/>`))
	want := []*Element{{Name: "a", Text: "xw", Attributes: []Attribute{{"b", "1"}}, Elements: []*Element{{Name: "c", Text: "y", Elements: []*Element{{Name: "e", Text: "z"}}}}}, {Name: "d"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	for i := len(Magic) + 2; i < len(file)-3; i++ {
		if got, err := Decode([]byte(file[:i])); err == nil || i > 40 && len(got) != 1 {
			t.Fatalf("cut at %d: %d elements, error %v", i, len(got), err)
		}
	}
	deep := Magic
	for range maxDepth + 1 {
		deep += "\x22" + s("a")
	}
	for _, text := range []string{"<a", "<a>", "</a>", Magic + "\x0e", Magic + "\xe2", Magic + "\x03", Magic + "\x13", Magic + "\x3f\x00\x07", deep} {
		if _, err := Decode([]byte(text)); err == nil {
			t.Errorf("%.20q: no error", text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(file))
	f.Add([]byte("<a b='c'>d</a>"))
	f.Fuzz(func(_ *testing.T, data []byte) { Decode(data) })
}
