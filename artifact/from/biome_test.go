package from

import (
	"testing"

	"github.com/vigie-project/vigie/format/protobuf"
	"github.com/vigie-project/vigie/record"
)

// biomeMessage has a text, a number, a real, a message with a text and a text
// that could be one, bytes, and an empty field.
var biomeMessage = []byte("\x0a\x05hello\x10\x96\x01\x19\x00\x00\x00\x00\x00\x00\xf8\x3f" +
	"\x22\x0b\x0a\x09\x0a\x07example\x2a\x02\x00\xff\x32\x00")

func TestMessageLeaves(t *testing.T) {
	t.Parallel()
	kvs, err := MessageLeaves(biomeMessage)
	if err != nil {
		t.Error(err)
	}
	if got, want := leafText(kvs), "1=hello 2=150 3=1.5 4.1.1=example 5=00ff 6="; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	e := Event{Message: biomeMessage}
	if got, want := leafText(e.Rest("1", "4.1")), "2=150 3=1.5 5=00ff 6="; got != want {
		t.Errorf("rest is %q, want %q", got, want)
	}
	if e.Text(1) != "hello" || *e.Int(2) != 150 || e.Text(4, 1, 1) != "example" || e.Int(9) != nil || e.Err() != nil {
		t.Error("values differ")
	}
	if e.Cocoa(3).Time.Year() != 2001 || e.Unix(3).Rule != record.UnixReal || e.Cocoa(1).IsSet() {
		t.Error("times differ")
	}
}

func TestStreamOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"private/var/mobile/Library/Biome/streams/restricted/App.InFocus/local/1":                     {"App.InFocus", ""},
		"private/var/mobile/Library/Biome/streams/restricted/App.InFocus/remote/1A2B/7":               {"App.InFocus", "1A2B"},
		"private/var/mobile/Library/Biome/streams/restricted/App.InFocus/local/tombstone/1":           {"App.InFocus", ""},
		"private/var/mobile/Library/Biome/streams/restricted/App.InFocus/remote/1A2B/tombstone/other": {"App.InFocus", "1A2B"},
		"x/1": {"x", ""},
	} {
		if s, d := streamOf(name); s != want[0] || d != want[1] {
			t.Errorf("%s: %q, %q", name, s, d)
		}
	}
}

func FuzzMessageLeaves(f *testing.F) {
	f.Add(biomeMessage)
	f.Fuzz(func(t *testing.T, data []byte) {
		kvs, err := MessageLeaves(data)
		if err == nil && len(kvs) > maxLeafNodes {
			t.Errorf("%d values", len(kvs))
		}
		for _, err := range protobuf.Fields(data) {
			_ = err
		}
	})
}
