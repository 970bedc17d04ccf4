package stixpattern_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/detect/indicator/stixpattern"
)

func TestParseErrors(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("(", 100) + "[a:b = 1]" + strings.Repeat(")", 100)
	tests := []struct{ name, pattern, want string }{
		{"empty", "", "'[' or '('"},
		{"no end", "[a:b = 'x'", "']'"},
		{"no string end", "[a:b = 'x]", "without end"},
		{"comment", "[a:b = 1 /* x", "comment without end"},
		{"trailing", "[a:b = 1] x", "the end"},
		{"deep", deep, "nested"},
		{"deep inside", "[" + strings.Repeat("(", 100) + "a:b=1" + strings.Repeat(")", 100) + "]", "nested"},
		{"look-ahead", "[a:b MATCHES '(?=x)y']", "byte"},
		{"back-reference", `[a:b MATCHES '(x)\\1']`, "byte"},
		{"repeats", "[a:b = 1] REPEATS 0 TIMES", "REPEATS"},
		{"repeats huge", "[a:b = 1] REPEATS 99999999 TIMES", "REPEATS"},
		{"order of bool", "[a:b > true]", "no order"},
		{"cidr", "[a:b ISSUBSET 'x']", "no address"},
		{"double equal", "[a:b === 1]", "literal"},
		{"hex", "[a:b = h'0']", "byte"},
		{"long", "[" + strings.Repeat(" ", 2<<20) + "a:b=1]", "bytes are more"},
		{"many", "[a:b IN (" + strings.Repeat("1,", 60000) + "1)]", "parts"},
	}
	for _, tt := range tests {
		if _, err := stixpattern.Parse(tt.pattern); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Parse = %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestPathSpelling(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"file:hashes.'SHA-256'":    "file:hashes.sha256",
		"file:hashes.SHA-256":      "file:hashes.sha256",
		"file:hashes.sha256":       "file:hashes.sha256",
		"app:cert.SHA1":            "app:cert.sha1",
		"domain-name:value":        "domain-name:value",
		"x:'a-b'.c[*].d[3]":        "x:'a-b'.c[*].d[3]",
		"file:extensions.'x'.'ok'": "file:extensions.x.ok",
	}
	for in, want := range tests {
		p, err := stixpattern.Parse("[ " + in + " = 'v' ] // comment")
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := p.Leaves[0].Cmp.Path.String(); got != want {
			t.Errorf("%s is written %s, want %s", in, got, want)
		}
	}
}

func TestStringEscapes(t *testing.T) {
	t.Parallel()
	p, err := stixpattern.Parse(`[a:b = 'it\'s C:\\x\y = [ok]']`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Leaves[0].Cmp.Value.Text, `it's C:\x\y = [ok]`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCombineIsBounded(t *testing.T) {
	t.Parallel()
	p, err := stixpattern.Parse("([a:b = 1] AND [a:c = 1]) REPEATS 20 TIMES WITHIN 1 SECONDS")
	if err != nil {
		t.Fatal(err)
	}
	var a, b []stixpattern.Instance
	for i := range 60 {
		at := time.Unix(int64(i)*10, 0)
		a = append(a, stixpattern.Instance{ID: i, First: at, Last: at})
		b = append(b, stixpattern.Instance{ID: 1000 + i, First: at, Last: at})
	}
	start := time.Now()
	if _, err := p.Combine([][]stixpattern.Instance{a, b}); !errors.Is(err, stixpattern.ErrTooComplex) {
		t.Errorf("Combine = %v", err)
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}

// textView offers one text at every path.
type textView string

func (v textView) Values(_ *stixpattern.Path, yield func(int, any) bool) { yield(0, string(v)) }

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"[domain-name:value = 'evil.example']",
		"[a:b IN (1, 2.5) OR NOT EXISTS a:c[*].'d e'] FOLLOWEDBY ([x:y MATCHES '^a+$'] AND [x:y LIKE 'a%']) WITHIN 5 SECONDS",
		"[a:b = t'2020-01-01T00:00:00Z' AND a:c_hex = h'00ff' AND a:d != b'AA=='] REPEATS 2 TIMES START '2020-01-01T00:00:00Z' STOP t'2021-01-01T00:00:00Z'",
		"[ipv4-addr:value ISSUBSET '10.0.0.0/8' /* c */ OR ipv6-addr:value ISSUPERSET '::1'] // x",
	} {
		f.Add(s, "evil.example")
	}
	f.Fuzz(func(t *testing.T, s, value string) {
		p, err := stixpattern.Parse(s)
		if err != nil {
			return
		}
		leaves := make([][]stixpattern.Instance, len(p.Leaves))
		for i, leaf := range p.Leaves {
			if ok, _ := leaf.Eval(textView(value)); ok && i < 100 {
				at := time.Unix(int64(i), 0)
				leaves[i] = []stixpattern.Instance{{ID: i, First: at, Last: at}, {ID: i + 1, First: at, Last: at}}
			}
			leaf.Walk(func(c *stixpattern.Comparison) { _ = c.Path.String() })
		}
		if ids, err := p.Combine(leaves); err != nil && ids != nil {
			t.Errorf("both %v and %v", ids, err)
		}
	})
}
