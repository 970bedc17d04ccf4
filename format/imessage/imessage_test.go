package imessage

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vigie-project/vigie/internal/testdata"
	writer "howett.net/plist"
)

const corpus = "typedstream/ReagentX+imessage-exporter/test_data/"

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(testdata.Path(tb, corpus+name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// TestCorpusApps holds what the peer asserts about app balloons. Where it has
// no value for a key that is there but empty, Vigie has the empty text.
func TestCorpusApps(t *testing.T) {
	t.Parallel()
	tests := map[string]App{
		"Sent265": {Name: "Apple\u00a0Pay", URL: "data:application/vnd.apple.pkppm;base64,FAKE_BASE64_DATA=",
			Caption: "Apple\u00a0Cash", Subcaption: "$265\u00a0Payment", Summary: "Sent $265 with Apple\u00a0Pay."},
		"ApplePayRecurring": {Name: "Apple\u00a0Cash", URL: "data:application/vnd.apple.pkppm;base64,FAKEDATA",
			Summary: "Sending you $1 weekly starting Nov 18, 2023"},
		"OpenTableInvited": {Name: "OpenTable", StoreID: "296581815", Title: "Rusty Grill - Boise", Subtitle: "Reservation Confirmed",
			URL:     "https://www.opentable.com/book/view?rid=0000000&confnumber=00000&invitationId=1234567890-abcd-def-ghij-4u5t1sv3ryc00l",
			Caption: "Table for 4 people\nSunday, October 17 at 7:45 PM", Subcaption: "You're invited! Tap to accept."},
		"Slideshow": {Name: "Photos", StoreID: "0", URL: "https://share.icloud.com/photos/1337h4x0r_jk#Home", Caption: "Home",
			Subcaption: "37 Photos", Summary: "Home - 37 Photos"},
		"Game": {Name: "GamePigeon", StoreID: "1124197642", URL: "data:?ver=48&data=pr3t3ndth3r3154b10b0fd4t4h3re=3", Caption: "Your move.", Summary: "Dots & Boxes"},
		"CheckinTimer": {Name: "Check\u00a0In", URL: "?messageType=1&interfaceVersion=1&sendDate=1697316869.688709",
			Caption: "Check\u00a0In: Timer Started", Summary: "Check\u00a0In: Timer Started"},
		"CheckinLate": {Name: "Check\u00a0In", URL: "?messageType=1&interfaceVersion=1&sendDate=1697316869.688709",
			Caption: "Check\u00a0In: Has not checked in when expected, location shared", Summary: "Check\u00a0In: Has not checked in when expected, location shared"},
		"CheckinLocation": {Name: "Check\u00a0In", URL: "?messageType=1&interfaceVersion=1&sendDate=1697316869.688709",
			Caption: "Check\u00a0In: Fake Location", Summary: "Check\u00a0In: Fake Location"},
		"CheckinEnded": {Name: "Check\u00a0In", URL: "?messageType=1&interfaceVersion=1&sendDate=1697316869.688709",
			Caption: "Check\u00a0In: Ended", Summary: "Check\u00a0In: Ended"},
	}
	for name, want := range tests {
		p, err := ParsePayload(read(t, "app_message/"+name+".plist"))
		if err != nil || p.App == nil || p.Link != nil {
			t.Errorf("%s: %+v, %v", name, p, err)
			continue
		}
		if diff := cmp.Diff(want, *p.App, cmpopts.IgnoreFields(App{}, "Layout", "Session", "Icon", "Live")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]string{want.URL}, p.URLs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if p.App.Layout != "MSMessageTemplateLayout" && name != "Game" {
			t.Errorf("%s: layout %q", name, p.App.Layout)
		}
	}
	p, _ := ParsePayload(read(t, "app_message/CheckinTimer.plist"))
	query, err := url.ParseQuery(strings.TrimPrefix(p.App.URL, "?"))
	if got := query.Encode(); got != "interfaceVersion=1&messageType=1&sendDate=1697316869.688709" || err != nil {
		t.Errorf("query of a check-in: got %s, %v", got, err)
	}
}

// TestCorpusLinks holds what the peer asserts about link previews.
func TestCorpusLinks(t *testing.T) {
	t.Parallel()
	tests := map[string]Link{
		"url_message/URL": {Title: "Christopher Sardegna", URL: "https://chrissardegna.com/", OriginalURL: "https://chrissardegna.com",
			Icons: []string{"https://chrissardegna.com/favicon.ico"}},
		"url_message/MetadataURL": {Title: "Christopher Sardegna", Summary: "Sample page description", SiteName: "Christopher Sardegna",
			URL: "https://chrissardegna.com", OriginalURL: "https://chrissardegna.com", ItemType: "article",
			Images: []string{"https://chrissardegna.com/ddc-facebook-icon.png"},
			Icons: []string{"https://chrissardegna.com/apple-touch-icon-180x180.png", "https://chrissardegna.com/ddc-icon-32x32.png",
				"https://chrissardegna.com/ddc-icon-16x16.png"}},
		"app_store/AppStoreLink": {Title: "SortPuz - Water Puzzles Games", URL: "https://apps.apple.com/app/id1560298214",
			OriginalURL: "https://apps.apple.com/app/id1560298214", Special: "LPiTunesMediaSoftwareMetadata",
			Media: &Media{Name: "SortPuz - Water Puzzles Games", Subtitle: "Sort the water color match 3d", Platform: "iOS", Genre: "Games", StoreID: "1560298214"}},
		"music_message/AppleMusic": {URL: "https://music.apple.com/us/album/%D0%BF%D0%B5%D1%81%D0%BD%D1%8C-1/1539641998?i=1539641999",
			OriginalURL: "https://music.apple.com/us/album/%D0%BF%D0%B5%D1%81%D0%BD%D1%8C-1/1539641998?i=1539641999",
			Special:     "LPiTunesMediaSongMetadata",
			Media: &Media{Name: "Песнь 1", Artist: "БАТЮШКА", Album: "Панихида", StoreID: "1539641999",
				PreviewURL: "https://audio-ssl.itunes.apple.com/itunes-assets/AudioPreview115/v4/b2/65/b3/b265b31f-facb-3ea3-e6bc-91a8d01c9b2f/mzaf_18233159060539450284.plus.aac.ep.m4a"}},
		"collaboration_message/Freeform": {OriginalURL: "https://www.icloud.com/freeform/REDACTED#Untitled", Special: "LPiCloudSharingMetadata",
			Collaboration: &Collaboration{Identifier: "https://www.icloud.com/freeform/REDACTED", Title: "Untitled", App: "Freeform",
				BundleID: "com.apple.freeform", Created: 695179243.070923}},
	}
	for name, want := range tests {
		p, err := ParsePayload(read(t, name+".plist"))
		if err != nil || p.Link == nil || p.App != nil {
			t.Errorf("%s: %+v, %v", name, p, err)
			continue
		}
		if diff := cmp.Diff(want, *p.Link); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	p, _ := ParsePayload(read(t, "collaboration_message/Freeform.plist"))
	if got := p.Link.Collaboration.CreatedAt().Format(time.RFC3339Nano); got != "2023-01-12T01:20:43.070922971Z" {
		t.Errorf("created: got %s", got)
	}
}

// TestCorpusBody reads a body with a link and a detector result.
func TestCorpusBody(t *testing.T) {
	t.Parallel()
	b, err := ParseBody(read(t, "streamtyped/URL"))
	if err != nil {
		t.Fatal(err)
	}
	link := "https://github.com/ReagentX/Logria"
	want := Body{Text: link, Spans: []Span{{End: 34, Link: link, Detected: &Detected{Type: "HttpURL", Text: link},
		Attributes: []string{"__kIMLinkAttributeName", "__kIMMessagePartAttributeName", "__kIMBaseWritingDirectionAttributeName", "__kIMDataDetectedAttributeName"}}}}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if b, err := ParseBody(read(t, "streamtyped/ExtraData")); err == nil || b.Text != "This is parsing  " {
		t.Errorf("damaged body: got %q, %v", b.Text, err)
	}
}

// typed writes a body as a typed stream.
func typed(text string) []byte {
	return []byte("\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x12NSAttributedString\x00\x84\x84\x08NSObject\x00\x85" +
		"\x92\x84\x84\x84\x08NSString\x01\x94\x84\x01+" + string(rune(len(text))) + text + "\x86\x86")
}

type dict = map[string]any

func summary(tb testing.TB) []byte {
	tb.Helper()
	data, err := writer.Marshal(dict{
		"otr": dict{"0": dict{"lo": 0, "le": 5}, "1": dict{"lo": 5, "le": 1}},
		"ec": dict{"1": []any{dict{"d": 690513474.5, "t": typed("first")},
			dict{"d": 690513480.0, "t": typed("second"), "bcg": "292BF9C6-C9B8-4827-BE65-6EA1C9B5B384"}, 7}},
		"rp": []any{0}, "ust": true}, writer.BinaryFormat)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestSummary(t *testing.T) {
	t.Parallel()
	got, err := ParseSummary(summary(t))
	if err == nil || !strings.Contains(err.Error(), "read version 2 of part 1: int where a dict belongs") {
		t.Errorf("error: %v", err)
	}
	want := Summary{
		Edits: []Edit{{Part: 1, Versions: []Version{{Date: 690513474.5, Body: Body{Text: "first"}},
			{Date: 690513480, GUID: "292BF9C6-C9B8-4827-BE65-6EA1C9B5B384", Body: Body{Text: "second"}}, {}}}},
		Retracted: []int{0}, Original: []PartRange{{0, 0, 5}, {1, 5, 1}}, Other: []string{"ust"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if at := got.Edits[0].Versions[0].At().Format(time.RFC3339Nano); at != "2022-11-19T01:17:54.5Z" {
		t.Errorf("date: got %s", at)
	}
}

func TestArchivedBody(t *testing.T) {
	t.Parallel()
	data, err := writer.Marshal(dict{"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": dict{"root": writer.UID(1)},
		"$objects": []any{"$null", dict{"NSString": writer.UID(2)}, "hello"}}, writer.BinaryFormat)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := ParseBody(data); b.Text != "hello" || err != nil {
		t.Errorf("got %q, %v", b.Text, err)
	}
}

// preview writes a link preview whose visible link is not where it leads.
func preview(tb testing.TB) []byte {
	tb.Helper()
	data, err := writer.Marshal(dict{"$version": 100000, "$archiver": "NSKeyedArchiver", "$top": dict{"root": writer.UID(1)},
		"$objects": []any{"$null", dict{"richLinkMetadata": writer.UID(2), "richLinkIsPlaceholder": true},
			dict{"URL": writer.UID(3), "originalURL": writer.UID(4), "title": "t", "images": []any{dict{"URL": writer.UID(5)}}},
			dict{"NS.base": writer.UID(0), "NS.relative": "https://example.org/"},
			dict{"NS.base": writer.UID(0), "NS.relative": "https://example.net/"},
			dict{"NS.base": writer.UID(3), "NS.relative": "i.png"},
			dict{"NS.base": writer.UID(0), "NS.relative": "https://elsewhere.example/"}}}, writer.BinaryFormat)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestPreview(t *testing.T) {
	t.Parallel()
	got, err := ParsePayload(preview(t))
	want := Payload{Link: &Link{URL: "https://example.org/", OriginalURL: "https://example.net/", Title: "t",
		Images: []string{"https://example.org/i.png"}, Placeholder: true},
		URLs: []string{"https://example.org/", "https://example.net/", "https://example.org/i.png", "https://elsewhere.example/"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
}

func TestOtherInput(t *testing.T) {
	t.Parallel()
	for _, data := range [][]byte{nil, []byte("\x08\x01"), typed("a")[:20]} {
		if p, err := ParsePayload(data); err == nil {
			t.Errorf("payload %q: %v", data, p)
		}
		if s, err := ParseSummary(data); err == nil {
			t.Errorf("summary %q: %v", data, s)
		}
		if b, err := ParseBody(data); err == nil {
			t.Errorf("body %q: %v", data, b)
		}
	}
}

func FuzzAll(f *testing.F) {
	f.Add(summary(f))
	f.Add(typed("text"))
	f.Add(preview(f))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = ParsePayload(data)
		_, _ = ParseSummary(data)
		b, _ := ParseBody(data)
		_ = fmt.Sprint(b)
	})
}
