package webkitcache

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// A writer encodes as the persistence coders of WTF do.
type writer struct{ bytes.Buffer }

func (w *writer) put(values ...any) *writer {
	for _, v := range values {
		switch v := v.(type) {
		case nil: // the text that is none
			w.put(uint32(math.MaxUint32))
		case string:
			w.put(uint32(len(v)), true)
			w.WriteString(v)
		case []uint16:
			w.put(uint32(len(v)), false)
			for _, u := range v {
				w.put(u)
			}
		case []Header:
			w.put(uint64(len(v)))
			for _, h := range v {
				w.put(h.Name, h.Value)
			}
		case []byte:
			w.Write(v)
		case Key:
			w.put(v.Partition, v.Type, v.Identifier, v.Range, v.Hash[:], v.PartitionHash[:])
		default:
			if err := binary.Write(w, binary.LittleEndian, v); err != nil {
				panic(err)
			}
		}
	}
	return w
}

func key(typ, identifier string) Key {
	k := Key{Partition: "example.com", Type: typ, Identifier: identifier}
	k.Hash[0], k.PartitionHash[19] = 1, 2
	return k
}

func encode(k Key, header, body []byte, inline bool) []byte {
	w := &writer{}
	w.put(uint32(16), k, 1700000000.25, make([]byte, 20), uint64(len(header)), make([]byte, 20), uint64(len(body)), inline, make([]byte, checksum), header)
	if inline {
		w.put(body)
	}
	return w.Bytes()
}

var (
	sum     = make([]byte, checksum)
	headers = []Header{{"Content-Type", "text/html"}, {"Server", "nginx"}}
	resp    = Response{URL: "https://www.example.com/a", MIME: "text/html", Length: -1, Charset: "utf-8", StatusText: "OK", Version: "h2", Headers: headers, Status: 200}
)

func response(r Response, status any) []byte {
	w := &writer{}
	w.put(false, r.URL, r.MIME, r.Length, r.Charset, r.StatusText, r.Version, r.Headers, status, false, uint64(1), uint64(0), uint64(0), false, sum)
	return w.Bytes()
}

func TestResource(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]any{"two bytes": int16(200), "four bytes": int32(200)} {
		rec, err := Decode(encode(key("Resource", resp.URL), response(resp, status), []byte("<p>"), true))
		if err != nil {
			t.Fatal(err)
		}
		if rec.Version != 16 || rec.Key != key("Resource", resp.URL) || rec.Time != 1700000000.25 || rec.BodySize != 3 || !rec.Inline {
			t.Errorf("%s: %+v", name, rec)
		}
		got, err := rec.Response()
		if diff := cmp.Diff(resp, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

func TestSubresources(t *testing.T) {
	t.Parallel()
	want := []Subresource{
		{Key: key("Resource", "https://cdn.example/a.js"), Last: 3, First: 2, SameSite: true, FirstParty: "https://www.example.com/", Headers: headers},
		{Key: key("Resource", "https://cdn.example/b.js"), Last: 4, First: 4, Transient: true},
	}
	for _, initiated := range []bool{true, false} {
		w := &writer{}
		w.put(uint64(2), want[0].Key, want[0].Last, want[0].First, false, true)
		if initiated {
			w.put(true)
		}
		w.put(want[0].FirstParty, headers, uint64(2), want[1].Key, want[1].Last, want[1].First, true, sum)
		got, err := Record{Header: w.Bytes()}.Subresources()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
		got, err = Record{Header: w.Bytes()[:w.Len()-checksum-10]}.Subresources()
		if len(got) != 1 || err == nil {
			t.Errorf("cut: %d subresources, error %v", len(got), err)
		}
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	want := Request{URL: "https://www.example.com/b", FirstParty: "https://www.example.com/", Method: "GET", Headers: headers}
	w := &writer{}
	w.put(5.0, uint64(7), uint64(1), want.URL, math.Inf(1), want.FirstParty, want.Method, want.Headers)
	got, err := Record{Header: w.Bytes()}.Request()
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	w := &writer{}
	w.put("https", "top.example", false, "https", utf16.Encode([]rune("framé.example")), true, uint16(8443))
	page, own, err := Origins(w.Bytes())
	if page.String() != "https://top.example" || own.String() != "https://framé.example:8443" || err != nil {
		t.Errorf("got %s, %s, %v", page, own, err)
	}
	page, own, err = Origins(w.Bytes()[:40])
	if page.Host != "top.example" || own != (Origin{}) || err == nil {
		t.Errorf("cut: got %s, %s, %v", page, own, err)
	}
	w = &writer{}
	w.put(nil, "caf\xe9", false)
	if page, _, _ = Origins(w.Bytes()); page.Host != "café" {
		t.Errorf("Latin-1: got %q", page.Host)
	}
}

func TestParseName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"https_www.example.com_0": "https://www.example.com", "http_host_name.example_8080": "http://host_name.example:8080", "file__0": "file://",
		"salt": "", "https_www.example.com": "", "_a_0": "", "http_a_65536": "", "http_a_": "",
	} {
		if o, ok := ParseName(name); ok != (want != "") || ok && o.String() != want {
			t.Errorf("%s: got %v, %v", name, o, ok)
		}
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	whole := encode(key("Resource", resp.URL), response(resp, int16(200)), nil, false)
	for n := range whole {
		rec, err := Decode(whole[:n])
		if err == nil {
			t.Fatalf("%d of %d bytes: no error", n, len(whole))
		}
		if _, err = rec.Response(); err != nil && n == 0 && !strings.Contains(err.Error(), "ends early") {
			t.Errorf("got %v", err)
		}
	}
	many := (&writer{}).put(false, "u", "m", int64(0), "", "", "", uint64(1)<<40).Bytes()
	if _, err := (Record{Header: many}).Response(); err == nil || !strings.Contains(err.Error(), "1099511627776 headers") {
		t.Errorf("got %v", err)
	}
	if _, err := Decode(make([]byte, 500)); err == nil || !strings.Contains(err.Error(), "version 0 is not known") {
		t.Errorf("got %v", err)
	}
	if _, err := (Record{Header: (&writer{}).put(true).Bytes()}).Response(); err != errNull {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(key("Resource", resp.URL), response(resp, int16(200)), []byte("body"), true))
	f.Add((&writer{}).put("https", "top.example", true, uint16(1), "https", "own.example", false).Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, _ := Decode(data)
		if len(rec.Header) > len(data) || rec.BodyOffset > int64(len(data)) {
			t.Errorf("header of %d bytes, body at %d, in %d bytes", len(rec.Header), rec.BodyOffset, len(data))
		}
		for _, r := range []Record{rec, {Header: data}} {
			_, _ = r.Response()
			_, _ = r.Subresources()
			_, _ = r.Request()
		}
		_, _, _ = Origins(data)
	})
}
