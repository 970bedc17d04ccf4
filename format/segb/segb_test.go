package segb_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/format/segb"
	"github.com/vigie-project/vigie/internal/testdata"
)

// version1 makes a segment of the older form.
func version1(payloads ...string) []byte {
	b := make([]byte, 56)
	copy(b[20:], "600000000000000")
	copy(b[52:], segb.Magic)
	binary.LittleEndian.PutUint64(b[8:], math.Float64bits(600000000))
	for i, p := range payloads {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(600000000+float64(i)))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(600000100+float64(i)))
		b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(p)))
		b = append(append(b, 0, 0, 0, 0), p...)
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// version2 makes a segment of the newer form with an empty slot and a second
// slot for the last record, which says that it is deleted.
func version2(payloads ...string) []byte {
	b := append([]byte(segb.Magic), make([]byte, 28)...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(payloads)+2))
	binary.LittleEndian.PutUint64(b[8:], math.Float64bits(700000000))
	var slots []byte
	slot := func(state uint32, t float64) {
		s := binary.LittleEndian.AppendUint32(nil, uint32(len(b)-32))
		s = binary.LittleEndian.AppendUint32(s, state)
		s = binary.LittleEndian.AppendUint64(s, math.Float64bits(t))
		slots = append(s, slots...)
	}
	for i, p := range payloads {
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(p)))
		b = append(append(b, 0, 0, 0, 0), p...)
		slot(1, 700000000+float64(i))
	}
	slot(3, 700000000)
	return append(append(b, make([]byte, 100+16)...), slots...)
}

func records(t testing.TB, data []byte) (list []segb.Record, errs []string) {
	s, err := segb.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, []string{err.Error()}
	}
	for r, err := range s.Records {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		if end := r.Offset + int64(len(r.Data)); end > int64(len(data)) {
			t.Fatalf("record ends at %d of %d", end, len(data))
		}
		list = append(list, r)
	}
	return list, errs
}

func TestRecords(t *testing.T) {
	t.Parallel()
	one, two := version1("first", "second!!"), version2("first", "second!!")
	want1 := []segb.Record{
		{State: 1, Time: 600000000, Modified: 600000100, Data: []byte("first"), Offset: 88, Valid: true},
		{State: 1, Time: 600000001, Modified: 600000101, Data: []byte("second!!"), Offset: 128, Valid: true},
	}
	want2 := []segb.Record{
		{State: 1, Time: 700000000, Data: []byte("first"), Offset: 40, Valid: true},
		{State: 3, Time: 700000000, Data: []byte("second!!"), Offset: 56, Valid: true},
		{State: 1, Time: 700000001, Data: []byte("second!!"), Offset: 56, Valid: true},
	}
	damaged := version1("first", "second!!")
	damaged[88] ^= 1
	wantDamaged := []segb.Record{want1[0], want1[1]}
	wantDamaged[0].Data, wantDamaged[0].Valid = []byte("girst"), false
	for _, c := range []struct {
		name string
		data []byte
		want []segb.Record
		errs []string
	}{
		{"version 1", one, want1, nil},
		{"version 2", two, want2, nil},
		{"no record", version1(), nil, nil},
		{"cut", one[:100], want1[:1], []string{"read 32 bytes at offset 96: unexpected EOF"}},
		{"checksum", damaged, wantDamaged, nil},
		{"empty", nil, nil, []string{"open segment: not a valid segment file: neither header"}},
		{"count", []byte("SEGB\xff\xff\xff\x7f" + string(make([]byte, 64))), nil, []string{"open segment: not a valid segment file: 2147483647 records do not fit"}},
	} {
		got, errs := records(t, c.data)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.errs, errs); diff != "" {
			t.Errorf("%s, errors (-want +got):\n%s", c.name, diff)
		}
	}
	for s, want := range map[segb.State]string{segb.Written: "written", segb.Deleted: "deleted", segb.Unknown: "state 4"} {
		if s.String() != want {
			t.Errorf("state %d is %q, want %q", s, s, want)
		}
	}
}

// TestCorpus compares with the counts of ccl-segb, and of a plaso plugin that
// leaves out 15 deleted records.
func TestCorpus(t *testing.T) {
	t.Parallel()
	const ronin = "biome-segb/SecurityRonin+segb-forensic/tests/data/biome/"
	for _, c := range []struct {
		file                      string
		version, records, written int
	}{
		{ronin + "Device.Power.LowPowerMode.v1.segb", 1, 16, 4},
		{ronin + "Device.Display.TrueTone.v2.segb", 2, 7, 4},
		{"biome-segb/log2timeline+plaso/apple_biome/applaunch-segb", 1, 100, 85},
	} {
		data, err := os.ReadFile(testdata.Path(t, c.file))
		if err != nil {
			t.Fatal(err)
		}
		s, err := segb.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil || s.Version != c.version {
			t.Errorf("%s: %v, version %d", c.file, err, s.Version)
			continue
		}
		n, written := 0, 0
		for r, err := range s.Records {
			if err != nil {
				t.Errorf("%s: %v", c.file, err)
				continue
			}
			n++
			if r.State == segb.Written {
				written++
				if !r.Valid {
					t.Errorf("%s: checksum of the record at %d differs", c.file, r.Offset)
				}
			}
		}
		if n != c.records || written != c.written {
			t.Errorf("%s: %d records, %d written, want %d, %d", c.file, n, written, c.records, c.written)
		}
	}
}

func FuzzRecords(f *testing.F) {
	f.Add(version1("first", "second!!"))
	f.Add(version2("first", "second!!"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _ := records(t, data)
		if len(list) > len(data) {
			t.Errorf("%d records of %d bytes", len(list), len(data))
		}
	})
}
