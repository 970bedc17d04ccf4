package sessionstate_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/format/sessionstate"
	"github.com/vigie-project/vigie/internal/fixture"
)

const state = `<plist version="1.0"><dict>
<key>RenderTreeSize</key><integer>7</integer>
<key>SessionHistory</key><dict>
 <key>SessionHistoryCurrentIndex</key><integer>1</integer>
 <key>SessionHistoryEntries</key><array>
  <dict><key>SessionHistoryEntryURL</key><string>https://one.example/</string><key>SessionHistoryEntryTitle</key><string>One</string>
   <key>SessionHistoryEntryOriginalURL</key><string>http://one.example/</string><key>SessionHistoryEntryData</key><data>AAECAw==</data></dict>
  <dict><key>SessionHistoryEntryURL</key><data>aHR0cHM6Ly90d28uZXhhbXBsZS8=</data></dict>
  <string>no dictionary</string>
 </array>
 <key>SessionHistoryVersion</key><integer>1</integer>
</dict></dict></plist>`

func binaryState(tb testing.TB) []byte {
	b, err := fixture.BinaryPlist([]byte(state))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestParse(t *testing.T) {
	t.Parallel()
	list := binaryState(t)
	want := sessionstate.State{Version: 2, Current: 1, Pages: []sessionstate.Page{
		{URL: "https://one.example/", Original: "http://one.example/", Title: "One", Size: 4},
		{URL: "https://two.example/"},
		{},
	}}
	got, err := sessionstate.Parse(append([]byte{0, 0, 0, 2}, list...))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("with a version: %v\n%s", err, diff)
	}
	want.Version = 0
	if got, err = sessionstate.Parse(list); cmp.Diff(want, got) != "" || err != nil {
		t.Errorf("without a version: %+v, %v", got, err)
	}
	if got, err = sessionstate.Parse(nil); got.Pages != nil || err != nil {
		t.Errorf("no bytes: %+v, %v", got, err)
	}
	for _, bad := range [][]byte{{1}, []byte("bvx2 compressed"), bytes.Repeat([]byte{7}, 100)} {
		if _, err := sessionstate.Parse(bad); !errors.Is(err, sessionstate.ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := sessionstate.Parse(list[:len(list)-10]); err == nil {
		t.Error("a cut property list gives no error")
	}
}

func FuzzParse(f *testing.F) {
	list := binaryState(f)
	f.Add(list)
	f.Add(append([]byte{0, 0, 0, 2}, list...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, _ := sessionstate.Parse(data); len(s.Pages) > sessionstate.MaxPages {
			t.Fatalf("%d pages", len(s.Pages))
		}
	})
}
