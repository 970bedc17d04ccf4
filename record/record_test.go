package record_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/record"
)

type sample struct {
	Sent    record.Time     `json:"sent"`
	Shown   record.WallTime `json:"shown"`
	From    record.Phone    `json:"from"`
	Body    record.Text     `json:"body"`
	Links   []record.URL    `json:"links,omitempty"`
	Size    int64           `json:"size"`
	Ratio   float64         `json:"ratio,omitempty"`
	Read    bool            `json:"read"`
	Retries *int64          `json:"retries"`
	More    []record.KV     `json:"more,omitempty"`
}

func (s sample) String() string { return string(s.Body) }

func full() record.Record {
	n := int64(3)
	return record.Record{
		Artifact: "ios.sample",
		Origin: record.Origin{Source: "01-phone", Path: "private/var/x.db", Stored: "ab/abcd", Table: "t", Row: 7, Offset: 4096,
			State: record.Deleted},
		Data: sample{
			Sent: epoch.CocoaNano(600000000123456789), Shown: record.WallTime{Time: time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC)},
			From: "+33 1", Body: "a \"b\" \\ \x00\x1f\u2028\x7f é 🙂", Links: []record.URL{"https://example.com/a"}, Size: -1, Ratio: 0.5,
			Read: true, Retries: &n, More: []record.KV{{Key: "k", Value: "v"}},
		},
	}
}

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	reg := record.Registry{}
	reg.Add("ios.sample", sample{})
	for _, r := range []record.Record{full(), {Artifact: "ios.sample", Data: sample{}}} {
		line, err := r.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(line) {
			t.Fatalf("not valid JSON: %s", line)
		}
		back, err := reg.Unmarshal(line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, back); diff != "" {
			t.Errorf("reads back differently (-want +got):\n%s", diff)
		}
	}
}

// TestJSONLikeStandard compares the encoding with encoding/json on everything
// that the latter encodes in the same way.
func TestJSONLikeStandard(t *testing.T) {
	t.Parallel()
	var got, want any
	line, err := full().AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := full()
	std, err := json.Marshal(struct {
		Artifact string        `json:"artifact"`
		Origin   record.Origin `json:"origin"`
		Data     any           `json:"data"`
	}{r.Artifact, r.Origin, r.Data})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(std, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differs (-standard +ours):\n%s", diff)
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "\xff\xfe", "\u2028\u2029", "a\x00b", "é\xc3", "<script>", "\U0010ffff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(record.AppendString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); strings.ReplaceAll(got, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}

func TestTypeOfRefuses(t *testing.T) {
	t.Parallel()
	if _, err := record.TypeOf(badTag{}); err == nil {
		t.Error("accepts a field without a tag in snake case")
	}
	if _, err := record.TypeOf(badType{}); err == nil {
		t.Error("accepts a map")
	}
	if _, err := record.TypeOf(&sample{}); err == nil {
		t.Error("accepts a pointer")
	}
	typ, err := record.TypeOf(sample{})
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := typ.Field("links"); !ok || f.Kind != record.KindURL || !f.List {
		t.Errorf("describes links as %+v", f)
	}
}

type badTag struct {
	Name string `json:"Name"`
}

func (badTag) String() string { return "" }

type badType struct {
	Names map[string]string `json:"names"`
}

func (badType) String() string { return "" }

func TestLine(t *testing.T) {
	t.Parallel()
	if got, want := record.Line("a\r\nb\u2028c\x1b[31m"), "a  b c [31m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := record.Line(strings.Repeat("é", 400)); !strings.HasSuffix(got, "é…") || len(got) > 310 {
		t.Errorf("got %d bytes, %q", len(got), got[len(got)-8:])
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for code, want := range map[int64]string{0: "zero", 1: "code 1", 2: "two", 3: "code 3", -1: "code -1", math.MaxInt64: "code 9223372036854775807"} {
		if got := record.Name(code, "zero", "", "two"); got != want {
			t.Errorf("%d is named %q, want %q", code, got, want)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	r := full()
	var line []byte
	b.ReportAllocs()
	for b.Loop() {
		line, _ = r.AppendJSON(line[:0])
	}
	b.SetBytes(int64(len(line)))
}
