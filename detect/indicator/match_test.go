package indicator_test

import (
	"strings"
	"testing"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/record"
)

type detectFinding = detect.Finding

// A fact has one field of each kind that is compared.
type fact struct {
	When        record.Time        `json:"when"`
	URL         record.URL         `json:"url"`
	Domain      record.Domain      `json:"domain"`
	IP          record.IP          `json:"ip"`
	Email       record.Email       `json:"email"`
	Phone       record.Phone       `json:"phone"`
	App         record.App         `json:"app"`
	Path        record.Path        `json:"path"`
	Process     record.Process     `json:"process"`
	Text        record.Text        `json:"text"`
	Hash        record.Hash        `json:"hash"`
	Certificate record.Certificate `json:"certificate"`
	Profile     record.Profile     `json:"profile"`
	Property    record.Property    `json:"property"`
	Mention     record.Mention     `json:"mention"`
	Links       []record.URL       `json:"links"`
	Pairs       []record.KV        `json:"pairs"`
}

func (fact) String() string { return "fact" }

// everything is a fact with the same text in every field.
func everything(s string) record.Record {
	return record.Record{Artifact: "ios.test", Data: fact{URL: record.URL(s), Domain: record.Domain(s), IP: record.IP(s), Email: record.Email(s),
		Phone: record.Phone(s), App: record.App(s), Path: record.Path(s), Process: record.Process(s), Text: record.Text(s), Hash: record.Hash(s),
		Certificate: record.Certificate(s), Profile: record.Profile(s), Property: record.Property(s), Mention: record.Mention(s), Links: []record.URL{record.URL(s)},
		Pairs: []record.KV{{Key: "k", Value: s}}}}
}

// with is a fact with a text in one field.
func with(t *testing.T, field, s string) fact {
	t.Helper()
	var f fact
	switch field {
	case "url":
		f.URL = record.URL(s)
	case "domain":
		f.Domain = record.Domain(s)
	case "ip":
		f.IP = record.IP(s)
	case "email":
		f.Email = record.Email(s)
	case "phone":
		f.Phone = record.Phone(s)
	case "app":
		f.App = record.App(s)
	case "path":
		f.Path = record.Path(s)
	case "process":
		f.Process = record.Process(s)
	case "mention":
		f.Mention = record.Mention(s)
	case "text":
		f.Text = record.Text(s)
	case "hash":
		f.Hash = record.Hash(s)
	case "certificate":
		f.Certificate = record.Certificate(s)
	case "profile":
		f.Profile = record.Profile(s)
	case "property":
		f.Property = record.Property(s)
	case "links":
		f.Links = []record.URL{"https://first.example/", record.URL(s)}
	case "pairs":
		f.Pairs = []record.KV{{Key: "k", Value: s}}
	default:
		t.Fatalf("no field %s", field)
	}
	return f
}

// rules has one line for each rule of matching: pattern, field, text, and what
// is found as "how grade", "" for nothing. Artifacts are of iOS unless the field
// begins with "android:".
var rules = []struct{ pattern, field, text, want string }{
	// Hosts: label boundaries, any depth, never a parent.
	{"domain-name:value = 'evil.com'", "url", "https://evil.com/", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "url", "https://a.b.c.evil.com/x", "subdomain strong"},
	{"domain-name:value = 'evil.com'", "url", "https://notevil.com/", ""},
	{"domain-name:value = 'evil.com'", "url", "https://evil.com.good.org/", ""},
	{"domain-name:value = 'evil.com'", "url", "https://evil.community/", ""},
	{"domain-name:value = 'evil.com'", "url", "https://good.org/evil.com", ""},
	{"domain-name:value = 'evil.com'", "url", "https://good.org/?u=evil.com", ""},
	{"domain-name:value = 'a.evil.com'", "url", "https://evil.com/", ""},
	{"domain-name:value = 'cdn.cdncounter.net'", "domain", "a.cdn.cdncounter.net", "subdomain strong"},
	{"domain-name:value = 'wha.tsapp.me'", "url", "https://wha.tsapp.me/x", "same-host confirmed trace"},
	{"domain-name:value = 'www.tzsafe.com'", "url", "https://www.tzsafe.com/", "same-host confirmed trace"},
	{"domain-name:value = 'www.tzsafe.com'", "url", "https://tzsafe.com/", ""},
	{"domain-name:value = 'evil.com'", "mention", "https://evil.com/x", "same-host needs an expert"},
	{"domain-name:value = 'weather4free.com'", "url", "http://www.weather4free.com/", "subdomain strong"},
	{"domain-name:value = 'duckdns.org'", "url", "https://mine.duckdns.org/", ""},
	{"domain-name:value = 'duckdns.org'", "url", "https://duckdns.org/", "same-host confirmed trace"},
	{"domain-name:value = 'evil.herokuapp.com'", "url", "https://a.evil.herokuapp.com/", "subdomain strong"},
	{"domain-name:value = 'bit.ly'", "url", "https://bit.ly/x", "same-host context"},
	// Hosts: spellings.
	{"domain-name:value = 'evil.com'", "url", "http://EVIL.COM/", "same-host confirmed trace"},
	{"domain-name:value = 'EVIL.com'", "url", "http://evil.com/", "same-host confirmed trace"},
	{"domain-name:value = 'sub.evil.com'", "url", "http://sub.evil.com:8080/", "same-host confirmed trace"},
	{"domain-name:value = 'sub.evil.com'", "url", "http://user:pw@sub.evil.com/", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "url", "http://evil.com@good.org/", ""},
	{"domain-name:value = 'evil.com'", "url", "http://evil.com./x", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com.'", "url", "http://evil.com/x", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "url", "http://%65vil.com/x", "same-host confirmed trace"},
	{"domain-name:value = 'bücher.com'", "url", "http://xn--bcher-kva.com/", "same-host confirmed trace"},
	{"domain-name:value = 'xn--bcher-kva.com'", "url", "http://BÜCHER.com/", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "domain", ".evil.com", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "domain", "evil.com:443", "same-host confirmed trace"},
	{"domain-name:value = 'evil[.]com'", "url", "//evil.com/x", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "links", "http://evil.com/", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "url", "https://l.facebook.com/l.php?u=https%3A%2F%2Fevil.com%2Fx&h=1", "same-host strong"},
	{"domain-name:value = 'evil.com'", "path", "/private/var/mobile/Library/WebKit/WebsiteData/IndexedDB/https_a.evil.com_0/x.sqlite3", "subdomain strong"},
	{"domain-name:value = 'evil.com'", "path", "/a/http_evil.com_8080/x", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "path", "/a/https_evil.com_0.localstorage-wal", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "path", "/a/evil.com/x", ""},
	// Text.
	{"domain-name:value = 'evil.com'", "text", "Look: https://evil.com/x!", "same-host confirmed trace"},
	{"domain-name:value = 'evil.com'", "text", "beware of evil.com.", "same-host strong"},
	{"domain-name:value = 'evil.com'", "text", "beware of a.evil.com, please", "subdomain needs an expert"},
	{"domain-name:value = 'evil.com'", "text", "not evil.company nor devil.com nor evil com", ""},
	{"domain-name:value = 'evil.com'", "text", "write to a@evil.com", "email-host strong"},
	{"domain-name:value = 'evil.com'", "pairs", `{"url":"https:\/\/evil.com\/x"}`, "same-host strong"},
	{"domain-name:value = 'evil.com'", "text", "（https://evil.com/é）", "same-host confirmed trace"},
	// URLs.
	{"url:value = 'https://evil.com/a?b=c&d=e'", "url", "https://evil.com/a?b=c&d=e", "same-url confirmed trace"},
	{"url:value = 'https://evil.com/a?b=c'", "url", "http://EVIL.com:80/a?b=c#frag", "same-url confirmed trace"},
	{"url:value = 'https://evil.com/a'", "url", "https://evil.com/a/b/c", "below-url strong"},
	{"url:value = 'https://evil.com/a'", "url", "https://evil.com/a?x=1", "below-url strong"},
	{"url:value = 'https://evil.com/a'", "url", "https://evil.com/ab", ""},
	{"url:value = 'https://evil.com/a'", "url", "https://evil.com/A", ""},
	{"url:value = 'https://evil.com/a/'", "url", "https://evil.com/a/b", "below-url strong"},
	{"url:value = 'https://evil.com/a'", "url", "https://sub.evil.com/a", ""},
	{"url:value = 'https://evil.com/'", "url", "https://evil.com/anything", "below-url strong"},
	{"url:value = 'https://evil.com/a b'", "url", "https://evil.com/a%20b", "same-url confirmed trace"},
	{"domain-name:value = 'fgr1w2gnsdvsb.xyz/x'", "url", "https://fgr1w2gnsdvsb.xyz/x/y", "below-url strong"},
	{"domain-name:value = 'fgr1w2gnsdvsb.xyz/x'", "url", "https://fgr1w2gnsdvsb.xyz/y", ""},
	{"url:value = 'http://bit.ly/2z1WayM'", "text", "see http://bit.ly/2z1WayM.", "same-url confirmed trace"},
	{"url:value = 'http://bit.ly/2z1WayM'", "text", "see bit.ly/2z1WayM.", "same-url strong"},
	// Addresses.
	{"ipv4-addr:value = '1.2.3.4'", "url", "http://1.2.3.4/", "same-address strong"},
	{"ipv4-addr:value = '1.2.3.4'", "url", "http://11.2.3.45/", ""},
	{"ipv4-addr:value = '1.2.3.4'", "url", "http://0x01020304:8080/x", "same-address strong"},
	{"ipv4-addr:value = '1.2.3.4'", "ip", "::ffff:1.2.3.4", "same-address strong"},
	{"ipv4-addr:value = '1.2.3.4'", "domain", "1.2.3.4", "same-address strong"},
	{"ipv4-addr:value = '1.2.3.4'", "text", "to 1.2.3.4:443", "same-address needs an expert"},
	{"ipv4-addr:value = '1.2.3.4'", "text", "version 1.2.3.4.5", ""},
	{"ipv4-addr:value = '198.51.100.0/24'", "ip", "198.51.100.77", "in-range needs an expert"},
	{"ipv4-addr:value = '198.51.100.0/24'", "ip", "198.51.101.77", ""},
	{"ipv4-addr:value = '198.51.100.7/32'", "ip", "198.51.100.7", "same-address strong"},
	{"ipv6-addr:value = '2001:DB8:0:0::1'", "url", "http://[2001:db8::1%25en0]:80/", "same-address strong"},
	{"ipv6-addr:value = '2001:db8::/32'", "ip", "2001:db8:1::5", "in-range needs an expert"},
	{"domain-name:value = '1.2.3.4'", "ip", "1.2.3.4", "same-address strong"},
	{"domain-name:value = 'evil.com'", "url", "http://1.2.3.4/evil.com", ""},
	// Accounts.
	{"email-addr:value = 'A@Evil.com'", "email", "a@evil.COM", "same-email confirmed trace"},
	{"email-addr:value = 'a@evil.com'", "email", "Name <a@evil.com>", "same-email confirmed trace"},
	{"email-addr:value = 'a@evil.com'", "email", "mailto:a@evil.com", "same-email confirmed trace"},
	{"email-addr:value = 'a@evil.com'", "email", "ba@evil.com", ""},
	{"email-addr:value = 'a@evil.com'", "text", "from a@evil.com.", "same-email confirmed trace"},
	{"email-addr:value = 'a@evil.com'", "phone", "a@evil.com", "same-email confirmed trace"},
	{"domain-name:value = 'evil.com'", "email", "x@a.evil.com", "email-subdomain needs an expert"},
	{"phone-number:value = '+33 6 12 34 56 78'", "phone", "0033612345678", "same-phone confirmed trace"},
	{"phone-number:value = '+33 6 12 34 56 78'", "phone", "33612345679", ""},
	// Paths.
	{"file:path = '/private/var/tmp/l/'", "path", "/private/var/tmp/l", "same-path confirmed trace"},
	{"file:path = '/private/var/tmp/l/'", "path", "/private/var/tmp/l/x", "below-path strong"},
	{"file:path = '/private/var/tmp/l/'", "path", "/private/var/tmp/launch", ""},
	{"file:path = '/private/var/tmp/stop'", "path", "/private/var/tmp/stopwatch", ""},
	{"file:path = '/private/var/tmp/stop'", "path", "private/var/tmp/stop", "same-path confirmed trace"},
	{"file:path = '/private/var/tmp/stop'", "path", "/var/tmp/stop", "same-path confirmed trace"},
	{"file:path = '/var/tmp/stop'", "path", "var/tmp/stop/", "same-path confirmed trace"},
	{"file:path = '/tmp/l/'", "path", "/private/tmp/l/a", "below-path strong"},
	{"file:path = '/private/etc/evil'", "path", "/etc/evil", "same-path confirmed trace"},
	{"file:path = '/private/var/tmp/stop'", "path", "file:///var/tmp/st%6Fp", "same-path confirmed trace"},
	{"file:path = '/private/var/tmp/stop'", "path", "/private/var/tmp/../tmp//stop", "same-path confirmed trace"},
	{"file:path = '/private/var/tmp/Stop'", "path", "/private/var/tmp/stop", ""},
	{"file:path = '/data/data/a.b/x'", "path", "/data/user/0/a.b/x", "same-path confirmed trace"},
	{"file:path = '/sdcard/x/evil'", "path", "/storage/emulated/0/x/evil", "same-path confirmed trace"},
	{"file:path = 'Library/Preferences/com.apple.photolibraryd.plist'", "path", "/private/var/mobile/Library/Preferences/com.apple.photolibraryd.plist", "end-of-path strong"},
	{"file:path = 'Library/Preferences/com.apple.photolibraryd.plist'", "path", "/private/var/xLibrary/Preferences/com.apple.photolibraryd.plist", ""},
	{"directory:path = '/private/var/db/x.staging'", "path", "/private/var/db/x.staging/a", "below-path strong"},
	{"file:name = 'roleaccountd.plist'", "path", "/a/roleaccountd.plist", "same-name strong"},
	{"file:name = 'roleaccountd.plist'", "path", "/a/xroleaccountd.plist", ""},
	{"file:name = 'stop'", "path", "/a/stop", "same-name needs an expert"},
	{"file:name = '/var/foobar/txt'", "path", "/private/var/foobar/txt", "same-path confirmed trace"},
	// Processes.
	{"process:name = 'roleaccountd'", "process", "roleaccountd", "same-process strong"},
	{"process:name = 'roleaccountd'", "process", "Roleaccountd", ""},
	{"process:name = 'roleaccountd'", "process", "/private/var/db/x/roleaccountd", "same-process strong"},
	{"process:name = 'bh'", "process", "bh/com.apple.x", "same-process strong"},
	{"process:name = 'payload'", "process", "payload", "same-process needs an expert"},
	{"process:name = 'com.apple.x'", "process", "mDNSResponder/com.apple.x", "same-process strong"},
	{"process:name = 'tccd'", "process", "tccd", "same-process context"},
	{"process:name = 'IMRemoteURLConnectionAgentX'", "process", "IMRemoteURLConne/com.apple.datausage.messages", "cut-process needs an expert"},
	{"process:name = 'IMRemoteURLConne'", "process", "IMRemoteURLConnectionAgent", "cut-process needs an expert"},
	{"process:name = 'IMRemoteURLConnectionAgentX'", "process", "IMRemoteURLConn", ""},
	{"process:name = 'IMRemoteURLConnectionAgentX'", "android:process", "IMRemoteURLConn", "cut-process needs an expert"},
	{"process:name = 'bh'", "path", "/private/var/mobile/bh/x", "in-path context"},
	{"process:name = 'payload'", "path", "/a/payload", "in-path context"},
	{"process:name = 'roleaccountd'", "app", "roleaccountd", "app-named-as-process context"},
	{"file:path = '/private/var/tmp/UserEventAgent'", "process", "/private/var/tmp/UserEventAgent", "same-path confirmed trace"},
	{"file:path = '/private/var/tmp/UserEventAgent'", "process", "UserEventAgent", ""},
	{"process:name = '/private/var/tmp/UserEventAgent'", "process", "/var/tmp/UserEventAgent", "same-path confirmed trace"},
	{"app:id = 'com.hx.rootwifi'", "android:process", "com.hx.rootwifi:remote", "app-of-process confirmed trace"},
	// The rest.
	{"app:id = 'com.Evil.app'", "app", "com.evil.APP", "same-app confirmed trace"},
	{"app:id = 'com.evil.app'", "app", "com.evil.app2", ""},
	{"file:hashes.'SHA-256' = '" + sha + "'", "hash", strings.ToUpper(sha), "same-hash confirmed trace"},
	{"file:hashes.sha256 = '" + sha + "'", "hash", sha[:63], ""},
	{"file:hashes.md5 = '" + sha[:32] + "'", "hash", sha, ""},
	{"app:cert.sha1 = '" + sha[:40] + "'", "certificate", colons(sha[:40]), "same-certificate confirmed trace"},
	{"x509-certificate:hashes.'SHA-1' = '" + sha[:40] + "'", "certificate", sha[:40], "same-certificate confirmed trace"},
	{"configuration-profile:id = '76DAB334-7E17-475D-A5D6-0794EB5818A5'", "profile", "{76dab334-7e17-475d-a5d6-0794eb5818a5}", "same-profile confirmed trace"},
	{"configuration-profile:id = '76DAB334-7E17-475D-A5D6-0794EB5818A5'", "profile", "76DAB334", ""},
	{"android-property:name = 'sys.brand.note'", "property", "SYS.brand.note", "same-property confirmed trace"},
	{"android-property:name = 'sys.brand.note'", "property", "sys.brand.notes", ""},
	// Patterns.
	{"domain-name:value = 'a.example' OR domain-name:value = 'evil.com'", "url", "https://x.evil.com/", "subdomain strong"},
	{"domain-name:value IN ('a.example', 'evil.com')", "text", "https://evil.com/", "same-host confirmed trace"},
	{"file:name = 'a.bin' AND file:path = '/private/var/db/x'", "path", "/var/db/x/a.bin", "pattern strong"},
	{"file:name = 'a.bin' AND file:path = '/private/var/db/x'", "path", "/var/db/y/a.bin", ""},
	{"file:path MATCHES '^/private/var/tmp/[0-9]+$'", "path", "/var/tmp/123", "pattern strong"},
	{"file:path MATCHES '^/private/var/tmp/[0-9]+$'", "path", "/var/tmp/x", ""},
	{"url:value LIKE 'http://%.evil.com/%.php'", "text", "http://a.evil.com/b.php", "pattern strong"},
	{"ipv4-addr:value ISSUBSET '198.51.100.0/24'", "ip", "198.51.100.9", "pattern strong"},
	{"process:name = 'bh' AND app:id != 'com.apple.x'", "process", "bh/com.apple.y", "pattern strong"},
	{"domain-name:value = 'evil.com' AND domain-name:value != 'good.evil.com'", "domain", "x.evil.com", "pattern strong"},
}

const sha = "e38d7ba21a48ad32963bfe6cb0203afe0839eca9a73268a67422109da282eae3"

func colons(s string) string {
	var out []string
	for i := 0; i < len(s); i += 2 {
		out = append(out, s[i:i+2])
	}
	return strings.ToUpper(strings.Join(out, ":"))
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, tt := range rules {
		feed, r := load(t, "x.json", bundle(stix("1", "["+tt.pattern+"]", "")))
		if len(feed.Indicators) != 1 {
			t.Errorf("[%s] is not accepted: %+v", tt.pattern, r.Reasons)
			continue
		}
		artifact := "ios.test"
		field, android := strings.CutPrefix(tt.field, "android:")
		if android {
			artifact = "android.test"
		}
		var got []string
		indicator.NewSet(feed).Detect(record.Record{Artifact: artifact, Data: with(t, field, tt.text)}, func(f detect.Finding) {
			got = append(got, f.Match.How+" "+f.Grade.String())
			complete(t, f)
			if f.Match.Field != field {
				t.Errorf("[%s] on %s: field %s, want %s", tt.pattern, tt.text, f.Match.Field, field)
			}
		})
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("[%s] on %s %q: %q, want %q", tt.pattern, tt.field, tt.text, got, tt.want)
		}
	}
}

// complete checks that a finding explains itself.
func complete(t *testing.T, f detect.Finding) {
	t.Helper()
	if f.ID == "" || f.Detector == "" || f.Match == nil || len(f.Exhibits) == 0 || len(f.Benign) == 0 || len(f.Next) == 0 {
		t.Errorf("incomplete finding %+v", f)
	}
	for _, x := range append(append(f.Benign, f.Next...), f.Title, f.Why, f.Confidence) {
		if !x.Complete() || strings.Contains(x.EN+x.FR, "⟨") || strings.Contains(x.EN+x.FR, "<no value>") {
			t.Errorf("%s: text %+v", f.Detector, x)
		}
	}
}

func TestRefusedValues(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		"domain-name:value = 'com'", "domain-name:value = 'co.uk'", "domain-name:value = ''", "domain-name:value = 'a b.com'",
		"file:path = '/'", "file:path = '/private/var/tmp/'", "file:path = '/var/mobile'", "file:path = '/tmp/*'", "ipv4-addr:value = '10.0.0.0/4'",
		"ipv4-addr:value = '1.2.3'", "email-addr:value = 'x'", "file:hashes.md5 = 'xyz'", "app:id = 'a b'", "url:value = 'x'",
		"process:name != 'x'", "NOT EXISTS file:name", "file:size = 3 AND file:name = 'x'",
	} {
		feed, r := load(t, "x.json", bundle(stix("1", "["+pattern+"]", "")))
		if len(feed.Indicators) != 0 || r.Total(indicator.Refused)+r.Total(indicator.Ignored) != 1 {
			t.Errorf("[%s]: %+v", pattern, r.Reasons)
		}
	}
}
