package mbdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// appendString appends a string, or the mark of none for "".
func appendString(b []byte, s string) []byte {
	if s == "" {
		return append(b, 0xff, 0xff)
	}
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// encode is the inverse of read.
func encode(b []byte, r Record) []byte {
	for _, s := range []string{r.Domain, r.Path, r.Target, string(r.Hash), string(r.Key)} {
		b = appendString(b, s)
	}
	be := binary.BigEndian
	b = be.AppendUint64(be.AppendUint16(b, r.Mode), r.Inode)
	for _, v := range []uint32{r.UID, r.GID, r.Modified, r.Accessed, r.Changed} {
		b = be.AppendUint32(b, v)
	}
	b = append(be.AppendUint64(b, r.Size), r.Class, byte(len(r.Properties)))
	for _, p := range r.Properties {
		b = appendString(appendString(b, p.Name), string(p.Value))
	}
	return b
}

var samples = []Record{
	{Domain: "HomeDomain", Mode: 0o040755, Inode: 1},
	{
		Domain: "HomeDomain", Path: "Library/SMS/sms.db", Hash: bytes.Repeat([]byte{9}, 20), Key: bytes.Repeat([]byte{8}, 44),
		Mode: 0o100644, Inode: 1<<40 + 3, UID: 501, GID: 501, Modified: 1400000001, Accessed: 1400000002, Changed: 1400000003,
		Size: 1 << 33, Class: 3, Properties: []Property{{"com.apple.quarantine", []byte("q")}, {"empty", nil}},
	},
	{Domain: "MediaDomain", Path: "link", Target: "/var/mobile/Media", Mode: 0o120755},
}

func build() (data []byte, want []Record) {
	data = []byte(Magic)
	for _, r := range samples {
		r.Offset = int64(len(data))
		data = encode(data, r)
		r.End = int64(len(data))
		want = append(want, r)
	}
	return data, want
}

func TestRecords(t *testing.T) {
	t.Parallel()
	data, want := build()
	var got []Record
	for r, err := range Records(bytes.NewReader(data)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
		again, err := At(bytes.NewReader(data), r.Offset)
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("At(%d) = %+v, %v", r.Offset, again, err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for range Records(bytes.NewReader(data)) {
		break
	}
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	data, want := build()
	ends := map[int64]int{HeaderSize: 0}
	for i, r := range want {
		ends[r.End] = i + 1
	}
	for cut := range len(data) {
		n, failed := 0, false
		for _, err := range Records(bytes.NewReader(data[:cut])) {
			if err != nil {
				failed = true
				if !errors.Is(err, ErrFormat) {
					t.Fatalf("cut at %d: %v, want ErrFormat", cut, err)
				}
			} else {
				n++
			}
		}
		whole, atEnd := ends[int64(cut)]
		if failed == atEnd || atEnd && n != whole {
			t.Errorf("cut at %d: failed %v after %d records", cut, failed, n)
		}
	}
	for name, bad := range map[string]string{
		"other magic": "mbdb\x06\x00",
		"no domain":   Magic + strings.Repeat("\xff\xff", 5) + strings.Repeat("\x00", fixedSize),
		"too long": Magic + strings.Repeat("\xff\xfe"+strings.Repeat("x", 0xfffe), 5) + strings.Repeat("\x00", fixedSize-1) + "\xff" +
			strings.Repeat("\xff\xfe"+strings.Repeat("x", 0xfffe), 20),
	} {
		for _, err := range Records(strings.NewReader(bad)) {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%s: %v, want ErrFormat", name, err)
			}
		}
	}
	if _, err := At(bytes.NewReader(data), 0); !errors.Is(err, ErrFormat) {
		t.Errorf("At(0): %v, want ErrFormat", err)
	}
}

func FuzzRecords(f *testing.F) {
	data, _ := build()
	f.Add(data)
	f.Add([]byte(Magic + "\x00\x01a\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		at := HeaderSize
		for r, err := range Records(bytes.NewReader(data)) {
			if err != nil {
				return
			}
			if r.Offset != at || r.End <= at || r.End > int64(len(data)) {
				t.Fatalf("record at %d to %d, expected at %d", r.Offset, r.End, at)
			}
			at = r.End
		}
	})
}
