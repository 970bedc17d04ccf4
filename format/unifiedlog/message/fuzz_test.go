package message

import (
	"testing"
	"unicode/utf8"
)

// items cuts data into items: a type byte, a size byte, and as many bytes.
func items(data []byte) []Item {
	var all []Item
	for len(data) >= 2 && len(all) < 255 {
		it := Item{Type: data[0], Missing: data[1]&0x80 != 0}
		n := min(int(data[1]&0x7f), len(data)-2)
		if data = data[2:]; n > 0 {
			it.Data = data[:n]
		}
		all, data = append(all, it), data[n:]
	}
	return all
}

// FuzzMessage compiles any format and composes it with any items: the result is
// UTF-8, bounded, the same again, holds what MayContain promises, and keeps what
// was in the buffer.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("%{public}s: %d%% of %@"), []byte("\x22\x03ab\x00\x00\x04\x01\x00\x00\x00"))
	f.Add([]byte("%*.*f %-08.3Lx"), []byte("\x10\x04\xff\xff\xff\x7f\x10\x04\xff\xff\xff\x7f\x00\x08\xff\xff\xff\xff\xff\xff\xef\x7f"))
	f.Add([]byte("%08a|%+-12e|% G"), []byte("\x00\x08\x00\x00\x00\x00\x00\x00\x01\x00\x00\x04\xff\xff\xff\xff"))
	f.Add([]byte(""), []byte("\x12\x04\x00\x00\x00\x00\x32\x02ab"))
	for _, kind := range types {
		f.Add([]byte("%{"+kind.name+"}d"), []byte("\x00\x04\x01\x00\x00\x00"))
		f.Add([]byte("%{"+kind.name+"}.*P"), []byte("\x12\x04\x10\x00\x00\x00\x32\x10\x10\x02\x01\x03abcdefghijkl"))
		f.Add([]byte("%{"+kind.name+"}s"), []byte("\x22\x03a/\x00"))
	}
	f.Fuzz(func(t *testing.T, format, data []byte) {
		p, args := Compile(format), items(data)
		var s Stats
		out := p.Append([]byte("kept"), args, &Options{Stats: &s})
		again := p.Append(nil, args, nil)
		if string(out[:4]) != "kept" || string(out[4:]) != string(again) {
			t.Fatalf("got %q, then %q", out, again)
		}
		if !utf8.Valid(again) {
			t.Fatalf("not UTF-8: %q", again)
		}
		if most := 3*len(format) + 6*len(data) + (p.Conversions()+1)*(maxWidth+1024); len(again) > most {
			t.Fatalf("%d bytes, expected at most %d", len(again), most)
		}
		at := 0
		for _, l := range p.Literals() {
			i := indexFrom(again, at, l)
			if i < 0 {
				t.Fatalf("%q is not in %q", l, again)
			}
			at = i + len(l)
			if p.MayContain([]byte(l)) != Always {
				t.Fatalf("MayContain(%q) is not Always", l)
			}
		}
	})
}

// indexFrom finds text at or after an offset.
func indexFrom(in []byte, at int, text string) int {
	for i := at; i+len(text) <= len(in); i++ {
		if string(in[i:i+len(text)]) == text {
			return i
		}
	}
	return -1
}
