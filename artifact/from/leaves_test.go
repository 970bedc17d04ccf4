package from

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/internal/fixture"
	"github.com/vigie-project/vigie/record"
)

func TestLeaves(t *testing.T) {
	t.Parallel()
	keyed, err := fixture.Keyed([]byte(`{"$class": "Rule", "url": "url:https://example.com/x", "when": "date:2023-01-02T03:04:05Z",
		"id": "uuid:00112233445566778899AABBCCDDEEFF", "names": ["a", "b"], "map": {"k": "v"}, "none": null, "on": true, "raw": "data:AAE="}`))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := plist.Parse(keyed)
	if err != nil {
		t.Fatal(err)
	}
	list, err := plist.Parse([]byte(`<plist><dict><key>a</key><array><integer>1</integer><true/><real>1.5</real></array><key>b</key><dict/>
		<key>/c</key><date>2023-01-02T03:04:05Z</date><key>d</key><data>AAH/</data><key>e</key><data>aGVsbG8=</data>
		<key>f</key><integer>18446744073709551615</integer><key>g</key><array/></dict></plist>`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		v    plist.Value
		want string
	}{
		{"list", list, "a/0=1 a/1=true a/2=1.5 b={} /c=2023-01-02T03:04:05Z d=0001ff e=hello f=18446744073709551615 g=[]"},
		{"archive", archive, "id=00112233-4455-6677-8899-AABBCCDDEEFF map/k=v names/0=a names/1=b on=true raw=0001 url=https://example.com/x when=2023-01-02T03:04:05Z"},
	} {
		kvs, err := Leaves(c.v)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, leafText(kvs)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	rest, err := Rest(list, "a", "b", "/c", "d")
	if got, want := leafText(rest), "e=hello f=18446744073709551615 g=[]"; got != want || err != nil {
		t.Errorf("Rest gives %q, %v, want %q", got, err, want)
	}
}

func leafText(kvs []record.KV) string {
	var parts []string
	for _, kv := range kvs {
		parts = append(parts, kv.Key+"="+kv.Value)
	}
	return strings.Join(parts, " ")
}

// TestLeavesBounded lists a tree of shared arrays with 2^40 leaves.
func TestLeavesBounded(t *testing.T) {
	t.Parallel()
	v, err := plist.Parse(bomb())
	if err != nil {
		t.Fatal(err)
	}
	kvs, err := Leaves(v)
	if err == nil || len(kvs) > maxLeafNodes {
		t.Errorf("%d values, error %v", len(kvs), err)
	}
}

// bomb returns a binary list of 40 arrays, each of which holds the next twice.
func bomb() []byte {
	b := []byte("bplist00")
	var offsets []byte
	for i := range byte(40) {
		offsets = append(offsets, byte(len(b)))
		b = append(b, 0xa2, i+1, i+1)
	}
	offsets = append(offsets, byte(len(b)))
	b = append(b, 0x10, 1)
	table := byte(len(b))
	b = append(b, offsets...)
	return append(b, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, table)
}

func FuzzLeaves(f *testing.F) {
	f.Add([]byte(`<plist><dict><key>a</key><array><integer>1</integer></array></dict></plist>`))
	f.Add(bomb())
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := plist.Parse(data); err == nil {
			if kvs, _ := Leaves(v); len(kvs) > maxLeafNodes {
				t.Errorf("%d values", len(kvs))
			}
		}
	})
}

// TestExpansion refuses the tree of shared arrays and takes usual lists.
func TestExpansion(t *testing.T) {
	t.Parallel()
	v, err := plist.Parse(bomb())
	if err != nil {
		t.Fatal(err)
	}
	if expansion(v) == nil {
		t.Error("expansion takes 40 arrays that stand for 2^40 values")
	}
	v, err = plist.Parse([]byte("<plist><array>" + strings.Repeat("<dict><key>a</key><array/></dict>", 1<<17) + "</array></plist>"))
	if err != nil {
		t.Fatal(err)
	}
	if err := expansion(v); err != nil {
		t.Error(err)
	}
}
