package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// hostile are texts that try to leave the place where they are shown.
var hostile = []string{
	`</script><script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	"\u202egpj.exe\u2066\u200e\u200b\ufeff",
	"\x1b[2J\x1b]0;title\x07\u009b31m\x00\r\n",
	`</style><iframe src=http://evil.example></iframe><link rel=stylesheet href=//evil.example>`,
	`<!--`, `]]>`, `{{.Case}}`, `&lt;b&gt;`, `javascript:alert(1)`, "\xff\xfe",
	`<meta http-equiv=refresh content=0;url=http://evil.example>`,
	`</title><base href=http://evil.example>`, `<svg onload=alert(1)>`,
}

// fill puts hostile texts into every string below a value.
func fill(v reflect.Value, n *int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[record.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), n)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(hostile), len(hostile)))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String && v.Type().Elem().Kind() == reflect.Int {
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf(hostile[0]).Convert(v.Type().Key()), reflect.ValueOf(1))
		}
	case reflect.String:
		v.SetString(hostile[*n%len(hostile)])
		*n++
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	}
}

// hostileCase makes a case in which everything that evidence, feeds or rules
// can say is hostile.
func hostileCase(t *testing.T) *casefile.Case {
	t.Helper()
	c, err := casefile.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var d casefile.Description
	fill(reflect.ValueOf(&d).Elem(), &n)
	d.Sources = []string{"01-x", "02-y"}
	verdict := casefile.Judge(map[detect.Grade]int{detect.Strong: 1}, nil)
	must(t, c.Log(casefile.Act{Action: "check"}), c.Describe(d), c.SetVerdict(verdict))
	var acts [3]casefile.Act
	for i := range acts {
		fill(reflect.ValueOf(&acts[i]).Elem(), &n)
		acts[i].Time = time.Unix(1_780_000_000, 0)
		must(t, c.Log(acts[i]))
	}
	for _, id := range d.Sources {
		var s casefile.Source
		fill(reflect.ValueOf(&s).Elem(), &n)
		s.ID = id
		must(t, c.AddSource(s))
		var digests [20]engine.Digest
		fill2(digests[:], &n)
		jsonl(t, c, digests[:], "hashes", id+".jsonl")
	}
	var findings []detect.Finding
	for range len(hostile) {
		var f detect.Finding
		fill(reflect.ValueOf(&f).Elem(), &n)
		f.Grade = detect.Strong
		for i := range f.Exhibits {
			f.Exhibits[i].Data = json.RawMessage(`{}`)
			f.Exhibits[i].Time = record.Time{Time: time.Unix(1_700_000_000, 0)}
		}
		f.Refs = append(slices.Clone(hostile), "https://example.org/report?a=1&b=2", "http://example.org", "javascript:alert(2)", "data:text/html,x",
			" javascript:alert(3)", "HTTPS://EXAMPLE.ORG/x", "//evil.example", "file:///etc/passwd", "https://example.org/\"onclick=x", "vbscript:x", "relative/path",
			"https://user:pass@example.org/\u202e", "https:evil", "https://")
		findings = append(findings, f)
	}
	jsonl(t, c, findings, "findings.jsonl")
	var ledger []engine.Coverage
	for _, o := range engine.Outcomes {
		var l engine.Coverage
		fill(reflect.ValueOf(&l).Elem(), &n)
		l.Outcome, l.Source = o, "01-x"
		ledger = append(ledger, l)
	}
	jsonl(t, c, ledger, "coverage.jsonl")
	var around []casefile.TimelineLine
	for range 20 {
		var l casefile.TimelineLine
		fill(reflect.ValueOf(&l).Elem(), &n)
		at := time.Unix(1_700_000_001, 0)
		l.Time = &at
		around = append(around, l)
	}
	jsonl(t, c, around, "timeline.jsonl")
	return c
}

func fill2[T any](list []T, n *int) {
	for i := range list {
		fill(reflect.ValueOf(&list[i]).Elem(), n)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func jsonl[T any](t *testing.T, c *casefile.Case, list []T, name ...string) {
	t.Helper()
	var b bytes.Buffer
	for _, v := range list {
		must(t, json.NewEncoder(&b).Encode(v))
	}
	path := filepath.Join(append([]string{c.Dir}, name...)...)
	must(t, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b.Bytes(), 0o600))
}

// elements are the only ones that a report is made of.
var elements = strings.Fields(`html head meta title style body header div svg circle path span p br a main h1 h2 h3 h4 section dl dt dd ol ul li article
	table thead tbody tr th td small code strong em details summary footer nav`)

// attributes are the only ones; the drawing has its own.
var attributes = strings.Fields(`lang charset name content http-equiv class id href rel title open aria-hidden viewbox viewBox width height
	cx cy r d fill stroke stroke-width stroke-linejoin colspan scope`)

// TestHostileCase checks what a browser makes of a hostile case.
func TestHostileCase(t *testing.T) {
	t.Parallel()
	c := hostileCase(t)
	for _, code := range lang.Languages {
		if err := Write(c, code); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(Name(c, code))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range string(data) {
			if r != '\n' && r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0xfeff || r == 0x200b {
				i := bytes.IndexRune(data, r)
				t.Errorf("%s: the report holds %U: %q", code, r, data[max(0, i-80):i+20])
				break
			}
		}
		doc, err := html.Parse(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		policy := false
		for n := range doc.Descendants() {
			checkNode(t, n)
			if n.Data == "meta" && attribute(n, "http-equiv") == "Content-Security-Policy" {
				policy = strings.Contains(attribute(n, "content"), "default-src 'none'")
			}
			if n.Data == "style" && regexp.MustCompile(`(?i)url\(|@import|expression|http`).MatchString(n.FirstChild.Data) {
				t.Error("the style fetches something")
			}
		}
		if !policy {
			t.Error("the report has no policy against contents from elsewhere")
		}
		if !strings.Contains(string(data), "&lt;/script&gt;") {
			t.Error("hostile texts are not shown")
		}
	}
}

// reference is what the links of a report may be.
var reference = regexp.MustCompile(`^(#f\d+|#[a-z]+|report\.(en|fr)\.html|(?i:https?)://[^/].*)$`)

func checkNode(t *testing.T, n *html.Node) {
	t.Helper()
	switch n.Type {
	case html.CommentNode:
		t.Errorf("a comment: %q", n.Data)
	case html.ElementNode:
		if !slices.Contains(elements, n.Data) {
			t.Errorf("an element <%s>", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case !slices.Contains(attributes, a.Key):
				t.Errorf("<%s> has the attribute %s=%q", n.Data, a.Key, a.Val)
			case a.Key == "http-equiv" && a.Val != "Content-Security-Policy":
				t.Errorf("http-equiv=%q", a.Val)
			case a.Key == "href" && !reference.MatchString(a.Val):
				t.Errorf("a link to %q", a.Val)
			case a.Key == "href" && strings.Contains(a.Val, ":") && !strings.Contains(attribute(n.Parent, "class"), "refs"):
				t.Errorf("a link to %q outside of the references", a.Val)
			}
		}
	}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
