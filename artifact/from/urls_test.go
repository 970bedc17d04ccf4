package from

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string
	}{
		{`<a href="https://www.example.com/a?b=1#c">x</a> see http://two.example.`, []string{"https://www.example.com/a?b=1#c", "http://two.example"}},
		{`{"u":"https:\/\/www.example.com\/a\/b","n":"x\n"}`, []string{"https://www.example.com/a/b"}},
		{`url(HTTPS://www.example.com/i.png) wss://ws.example/`, []string{"HTTPS://www.example.com/i.png", "wss://ws.example/"}},
		{"http://a.example http://a.example/ http://a.example", []string{"http://a.example", "http://a.example/"}},
		{"https:// https://\" xhttp://no.example ftp://no.example mailto:a@b.example http:", nil},
		{"http://[2001:db8::1/x", []string{"http://[2001:db8::1/x"}},
		{"http://one.example/?u=http://two.example/", []string{"http://one.example/?u=http://two.example/"}},
		{"\x00\x01http://a.example", nil},
		{"http://" + strings.Repeat("a", maxURL), nil},
		{"http://caf\xe9.example/", []string{"http://caf\ufffd.example/"}},
	} {
		got, cut := URLs([]byte(c.text))
		if diff := cmp.Diff(c.want, got); diff != "" || cut {
			t.Errorf("%.80q: cut %v (-want +got)\n%s", c.text, cut, diff)
		}
	}
	var many strings.Builder
	for i := range maxURLs + 1 {
		fmt.Fprintf(&many, "http://%d.example/\n", i)
	}
	if got, cut := URLs([]byte(many.String())); len(got) != maxURLs || !cut {
		t.Errorf("%d addresses, cut %v", len(got), cut)
	}
}

func FuzzURLs(f *testing.F) {
	f.Add([]byte(`"https:\/\/www.example.com\/a" http://b.example/`))
	f.Fuzz(func(t *testing.T, text []byte) {
		urls, _ := URLs(text)
		for _, u := range urls {
			if !utf8.ValidString(u) || !strings.Contains(u, "://") || len(u) > 3*maxURL {
				t.Errorf("got %q", u)
			}
		}
	})
}
