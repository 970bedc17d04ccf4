package intrusionlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// readAll returns the events and errors of a text.
func readAll(tb testing.TB, text string) (events []*Event, errs []error) {
	tb.Helper()
	err := Read(strings.NewReader(text), func(e *Event, err error) error {
		if err != nil {
			if !errors.Is(err, ErrLine) {
				tb.Errorf("%v is no ErrLine", err)
			}
			errs = append(errs, err)
			return nil
		}
		kept := *e
		kept.Raw = bytes.Clone(e.Raw)
		kept.Rest = slices.Clone(e.Rest)
		events = append(events, &kept)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return events, errs
}

func ptr[T any](v T) *T { return &v }

func TestRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		kind string
		tag  string
		time int64
		body any
		rest []string
	}{
		{`{"dns_event":{"event_id":41,"event_time":1893553445123,"package_name":"com.example.app","hostname":"cdn.example.net","ip_addresses":["/2001:db8::7","/203.0.113.9"],"ip_addresses_count":2}}`,
			KindDNS, "", 1893553445123e6, &DNS{"com.example.app", "cdn.example.net", []string{"/2001:db8::7", "/203.0.113.9"}, ptr[int64](2)}, nil},
		{`{"connect_event":{"event_id":42,"event_time":"1893553445180","package_name":"com.example.app","ip_address":"ip6-localhost/::1","port":443,"new":[1]}}`,
			KindConnect, "", 1893553445180e6, &Connect{"com.example.app", "ip6-localhost/::1", ptr[int64](443)}, []string{"new"}},
		{`{"security_event":{"event_id":44,"event_time":1893553446000000000,"app_process_start":{"process":"com.example.app:remote","uid":10234,"pid":4321,"seinfo":"default","sha256":"ab12","x":1}}}`,
			KindSecurity, "app_process_start", 1893553446e9, &Process{"com.example.app:remote", ptr[int64](10234), ptr[int64](4321), "default", "ab12", nil}, []string{"app_process_start.x"}},
		{`{"security_event":{"timestamp":"x","crypto_self_test_completed":1}}`, KindSecurity, "crypto_self_test_completed", 0, &SelfTest{ptr(true)}, []string{"timestamp"}},
		{`{"security_event":{"crypto_self_test_completed":7}}`, KindSecurity, "crypto_self_test_completed", 0, &SelfTest{}, []string{"crypto_self_test_completed"}},
		{`{"security_event":{"cert_validation_failure":"expired"}}`, KindSecurity, "cert_validation_failure", 0, &Failure{"expired"}, nil},
		{`{"security_event":{"package_installed":{"pkg":"com.example","version_code":"7","user_id":0}}}`, KindSecurity, "package_installed", 0, &Package{"com.example", ptr[int64](7), ptr[int64](0)}, nil},
		{`{"security_event":{"nfc_enabled":{}}}`, KindSecurity, "nfc_enabled", 0, &Plain{}, nil},
		{`{"security_event":{"brand_new":{"a":1}}}`, KindSecurity, "brand_new", 0, nil, []string{"brand_new"}},
		{`{"usb_event":{"event_time":5,"a":1}}`, "usb_event", "", 5e6, nil, []string{"a"}},
		{`{"dns_event":{"event_time":99999999999999999}}`, KindDNS, "", 0, &DNS{}, []string{"event_time"}},
	} {
		events, errs := readAll(t, c.line)
		if len(events) != 1 || len(errs) != 0 {
			t.Errorf("%s: %d events, %v", c.line, len(events), errs)
			continue
		}
		e := events[0]
		if e.Kind != c.kind || e.Tag != c.tag || e.Time != c.time || !reflect.DeepEqual(e.Body, c.body) {
			t.Errorf("%s: got %+v, body %+v", c.line, e, e.Body)
		}
		var rest []string
		for _, v := range e.Rest {
			rest = append(rest, v.Key)
		}
		if !reflect.DeepEqual(rest, c.rest) {
			t.Errorf("%s: rest %q, want %q", c.line, rest, c.rest)
		}
	}
}

// TestTags checks that every tag is decoded, and that no value of it is lost.
func TestTags(t *testing.T) {
	t.Parallel()
	if len(Tags) != 46 {
		t.Errorf("%d tags, want 46", len(Tags))
	}
	for i, tag := range Tags {
		if tag.ID != 210001+i {
			t.Errorf("%s has ID %d, want %d", tag.Name, tag.ID, 210001+i)
		}
		for _, body := range []string{`{"unheard":1}`, `[1]`, `{}`, `"text"`, `null`} {
			events, errs := readAll(t, fmt.Sprintf(`{"security_event":{"event_id":1,%q:%s}}`, tag.Name, body))
			if len(events) != 1 || len(errs) != 0 || events[0].Tag != tag.Name || events[0].Body == nil {
				t.Errorf("%s %s: %v, %v", tag.Name, body, events, errs)
				continue
			}
			lost := body != `{}` && len(events[0].Rest) == 0 && reflect.ValueOf(events[0].Body).Elem().IsZero()
			if lost {
				t.Errorf("%s %s: lost", tag.Name, body)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	long := `{"dns_event":{"hostname":"` + strings.Repeat("x", maxLine) + `"}}`
	text := strings.Join([]string{
		`{"dns_event":{"hostname":"a"}}`, ``, `not json`, `{"dns_event":[1],"connect_event":{"port":1}}`, long,
		`{"dns_event":{"hostname":"b"},"dns_event":{"hostname":"c"}}` + "\r",
		`{"dns_event":{"hostname":"d"},"connect_`, `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		"{\"dns_event\":{\"hostname\":\"e\xff\"}}",
	}, "\n")
	events, errs := readAll(t, text)
	var got []string
	for _, e := range events {
		if d, ok := e.Body.(*DNS); ok {
			got = append(got, fmt.Sprint(e.Line, d.Host))
		} else {
			got = append(got, fmt.Sprint(e.Line))
		}
	}
	if want := []string{"1a", "4", "6b", "6c", "7d", "9e\uFFFD"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(errs) != 5 {
		t.Errorf("%d errors, want 5: %v", len(errs), errs)
	}
	if events[1].Offset != int64(strings.Index(text, `{"dns_event":[1]`)) {
		t.Errorf("offset %d", events[1].Offset)
	}
	broken := errors.New("broken")
	if err := Read(iotest.ErrReader(broken), func(*Event, error) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	events, _ := readAll(t, `{"dns_event":{"event_id":1,"hostname":"a"}}
{"dns_event":{"hostname":"a", "event_id":1}}
{"dns_event":{"hostname":"a","event_id":2}}
{"connect_event":{"hostname":"a","event_id":1}}`)
	if events[0].Fingerprint() != events[1].Fingerprint() {
		t.Error("the order of the keys matters")
	}
	if events[0].Fingerprint() == events[2].Fingerprint() || events[0].Fingerprint() == events[3].Fingerprint() {
		t.Error("different events have one fingerprint")
	}
	if h, a := Address("ip6-localhost/::1"); h != "ip6-localhost" || a != "::1" {
		t.Errorf("got %q, %q", h, a)
	}
	if h, a := Address("192.0.2.1"); h != "" || a != "192.0.2.1" {
		t.Errorf("got %q, %q", h, a)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"dns_event":{"event_id":41,"event_time":1893553445123,"ip_addresses":["/2001:db8::7"]}}`))
	f.Add([]byte(`{"security_event":{"event_id":44,"event_time":1,"app_process_start":{"process":"a:b","uid":1}}}` + "\n{}\n"))
	f.Add([]byte(`{"security_event":{"crypto_self_test_completed":1}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := Read(bytes.NewReader(data), func(e *Event, err error) error {
			if err == nil {
				e.Fingerprint()
				if !json.Valid(e.Raw) {
					t.Errorf("raw is %q", e.Raw)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// FuzzMembers compares the splitting of valid JSON with that of encoding/json.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{`{}`, ` { "a" : 1 , "b\\u0041":[ "x", "\\"]" ] ,"c":{"d":null}, "e": -1.5e3,"a":true } `, `["a"]`, `"x"`, `-0.5E+7`, `01`, `1.`, `-`, `"\u12G4"`, `"\u12af"`, "\"\x01\"", `{"a":1,}`, `[1 2]`, `tru`, strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 65) + strings.Repeat("]", 65), `{"a":["b" , "c"]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := []byte(strings.ToValidUTF8(s, "?"))
		if got, want := valid(b), json.Valid(b) && !deep(b); got != want {
			t.Fatalf("valid is %v, want %v", got, want)
		}
		if deep(b) || !json.Valid(b) {
			return
		}
		got, err := members(nil, b, 100)
		want, werr := damaged(nil, b, 100)
		if (err != nil) != (werr != nil) || len(got) != len(want) {
			t.Fatalf("got %v, %v, want %v, %v", got, err, want, werr)
		}
		for i := range got {
			if got[i].Key != want[i].Key || string(got[i].Raw) != string(want[i].Raw) {
				t.Errorf("got %q: %s, want %q: %s", got[i].Key, got[i].Raw, want[i].Key, want[i].Raw)
			}
			var list []string
			if strs, ok := strs(got[i].Raw); ok && (json.Unmarshal(got[i].Raw, &list) != nil || !slices.Equal(strs, list)) {
				t.Errorf("strings %q, want %q", strs, list)
			}
		}
	})
}
