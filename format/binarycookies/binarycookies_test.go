package binarycookies

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

// record writes a cookie.
func record(flags uint32, expires, created float64, port int, texts ...string) []byte {
	le := binary.LittleEndian
	rec := make([]byte, recordHead)
	if port > 0 {
		le.PutUint32(rec[12:], 1)
		rec = le.AppendUint16(rec, uint16(port))
	}
	le.PutUint32(rec[8:], flags)
	le.PutUint64(rec[40:], math.Float64bits(expires))
	le.PutUint64(rec[48:], math.Float64bits(created))
	for i, text := range texts {
		if text != "" {
			le.PutUint32(rec[16+4*i:], uint32(len(rec)))
			rec = append(append(rec, text...), 0)
		}
	}
	le.PutUint32(rec, uint32(len(rec)))
	return rec
}

func page(records ...[]byte) []byte {
	le := binary.LittleEndian
	p := le.AppendUint32([]byte(pageMagic), uint32(len(records)))
	at := 8 + 4*len(records) + 4
	for _, r := range records {
		p = le.AppendUint32(p, uint32(at))
		at += len(r)
	}
	p = append(p, 0, 0, 0, 0)
	for _, r := range records {
		p = append(p, r...)
	}
	return p
}

func file(pages ...[]byte) []byte {
	f := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(pages)))
	for _, p := range pages {
		f = binary.BigEndian.AppendUint32(f, uint32(len(p)))
	}
	for _, p := range pages {
		f = append(f, p...)
	}
	return append(f, "\x00\x00\x12\x34\x07\x17\x20\x05\x00\x00\x00\x4b"...)
}

func show(data []byte) string {
	f, err := Open(data)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for c, err := range f.Cookies() {
		if err != nil {
			fmt.Fprintf(&b, "!%v\n", err)
			continue
		}
		fmt.Fprintf(&b, "%d@%d %s %s %s %s %s %d %d %s %s\n", c.Page, c.Offset, c.Domain, c.Name, c.Path, c.Value, c.Comment, c.Flags, c.Port,
			c.ExpiresAt().Format("2006-01-02T15:04:05.999Z"), c.CreatedAt().Format("2006-01-02T15:04:05.999Z"))
	}
	return b.String()
}

func TestCookies(t *testing.T) {
	t.Parallel()
	a := record(Secure|HTTPOnly, 800000000, 700000000.5, 0, ".example.org", "sid", "/", "v=1")
	b := record(0, math.NaN(), -1e300, 8443, "example.net", "n\xff", "/p", "", "why")
	whole := file(page(a, b), page(a))
	badText := record(0, 0, 0, 0, "d", "n")
	binary.LittleEndian.PutUint32(badText[20:], 9999)
	first := "0@36 .example.org sid / v=1  5 0 2026-05-09T06:13:20Z 2023-03-08T20:26:40.5Z\n"
	tests := map[string]struct {
		data []byte
		want string
	}{
		"whole": {whole, first +
			"0@115 example.net n\ufffd /p  why 0 8443 0001-01-01T00:00:00Z 0001-01-01T00:00:00Z\n" +
			"1@211 .example.org sid / v=1  5 0 2026-05-09T06:13:20Z 2023-03-08T20:26:40.5Z\n"},
		"other page damaged": {file(page(a), []byte("garbage!"), page(a)), strings.Replace(first, "@36", "@36", 1) +
			"!read page 1 at offset 115: no page of cookies\n" + strings.Replace(first, "0@36", "2@139", 1)},
		"bad text": {file(page(badText)), "!read record 0 of page 0 at offset 28: text at 9999 of 60 bytes: beyond the end\n" +
			"0@28 d     0 0 2001-01-01T00:00:00Z 2001-01-01T00:00:00Z\n"},
		"cut":      {whole[:150], "!read page 0 at offset 16: 134 of 179 bytes are there\n" + first + "!read record 1 of page 0 at offset 115: beyond the end\n!read page 1 at offset 195: 0 of 95 bytes are there\n"},
		"no magic": {[]byte("cookie??"), "open cookies: 1768243007 pages in 8 bytes"},
		"empty":    {nil, "open cookies: no binary cookies"},
	}
	for name, test := range tests {
		if got := show(test.data); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, test.want)
		}
	}
	f, _ := Open(whole)
	if f.Pages() != 2 || len(f.Tail()) != 12 {
		t.Errorf("pages %d, tail %d", f.Pages(), len(f.Tail()))
	}
}

// TestHostile reads counts and offsets that promise more than there is.
func TestHostile(t *testing.T) {
	t.Parallel()
	same := page(record(0, 0, 0, 0, "d"), nil, nil, nil)
	for i := range 4 {
		binary.LittleEndian.PutUint32(same[8+4*i:], 28)
	}
	many := page()
	binary.LittleEndian.PutUint32(many[4:], 0xffffffff)
	for name, data := range map[string][]byte{"same record": file(same), "records": file(many), "pages": []byte("cook\xff\xff\xff\xff")} {
		if got := show(data); !strings.Contains(got, "overlap") && !strings.Contains(got, "do not fit") && !strings.Contains(got, "pages in") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func FuzzCookies(f *testing.F) {
	a := record(Secure, 800000000, 700000000.5, 443, ".example.org", "sid", "/", "v=1", "c", "u")
	f.Add(file(page(a, a), page(a)))
	f.Add(file())
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(data)
		if err != nil {
			return
		}
		n := 0
		for c := range file.Cookies() {
			if n += len(c.Domain) + len(c.Value); n > 12*len(data) {
				t.Fatalf("%d bytes of text in %d bytes", n, len(data))
			}
			c.ExpiresAt()
			c.CreatedAt()
		}
		file.Tail()
	})
}
