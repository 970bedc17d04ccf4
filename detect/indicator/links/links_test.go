package links_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/detect/indicator/links"
)

// show writes a link as "kind raw host-or-address rest flags".
func show(l links.Link) string {
	host := l.Host
	if l.Addr.IsValid() {
		host = l.Addr.String()
	}
	s := fmt.Sprintf("%s %s [%s]%s", [...]string{"", "url", "host", "email", "ip"}[l.Kind], l.Raw, host, l.Rest)
	if l.Inside {
		s += " inside"
	}
	if l.Encoded {
		s += " encoded"
	}
	return s
}

func scan(text string) (out []string) {
	s := links.Scanner{Text: text}
	for {
		l, ok := s.Next()
		if !ok {
			return out
		}
		out = append(out, show(l))
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", ""},
		{"no link here, at all. Really", ""},
		{"see https://evil.example/a?b=c#d.", "url https://evil.example/a?b=c#d [evil.example]/a?b=c"},
		{"(https://evil.example/a(b)c)", "url https://evil.example/a(b)c [evil.example]/a(b)c"},
		{"[x](http://evil.example)!", "url http://evil.example [evil.example]"},
		{"«https://evil.example/é»", "url https://evil.example/é [evil.example]/é"},
		{"“http://evil.example…”", "url http://evil.example [evil.example]"},
		{"HTTPS://user:pw@EVIL.example.:8443/X", "url HTTPS://user:pw@EVIL.example.:8443/X [EVIL.example]/X"},
		{"http://[2001:db8::1%25en0]:80/x", "url http://[2001:db8::1%25en0]:80/x [2001:db8::1]/x"},
		{"http://[::ffff:192.0.2.1]/", "url http://[::ffff:192.0.2.1]/ [192.0.2.1]/"},
		{"http://0xC0000201/ http://3221225985/ http://0300.0.2.1/", "url http://0xC0000201/ [192.0.2.1]/|url http://3221225985/ [192.0.2.1]/|url http://0300.0.2.1/ [192.0.2.1]/"},
		{"http://%65vil.example/", "url http://%65vil.example/ [evil.example]/"},
		{"http://bücher.example/", "url http://bücher.example/ [xn--bcher-kva.example]/"},
		{"http://evil。example/", "url http://evil [evil]"},
		{"http://ｅｖｉｌ．example/", "url http://ｅｖｉｌ．example/ [evil.example]/"},
		{"go to evil.example now", "host evil.example [evil.example]"},
		{"evil.example.", "host evil.example [evil.example]"},
		{"evil.example:8080/a?b, then", "host evil.example:8080/a?b [evil.example]/a?b"},
		{"host=evil.example;", "host evil.example [evil.example]"},
		{"a.b@evil.example, ok", "email a.b@evil.example [evil.example]"},
		{"mailto:a@evil.example", "email a@evil.example [evil.example]"},
		{"<a+b@Evil.example>", "email a+b@Evil.example [Evil.example]"},
		{"192.0.2.1 and 192.0.2.300 and 1.2.3 and 1.2.3.4.5", "ip 192.0.2.1 [192.0.2.1]"},
		{"connect 192.0.2.1:443/x", "ip 192.0.2.1:443/x [192.0.2.1]/x"},
		{"2001:DB8::1 12:34:56 aa:bb:cc:dd:ee:ff std::vector", "ip 2001:DB8::1 [2001:db8::1]"},
		{"version 16.3.1 of foo.c1 1.5", "host foo.c1 [foo.c1]"},
		{"https://r.example/?u=https://evil.example/x&y", "url https://r.example/?u=https://evil.example/x&y [r.example]/?u=https://evil.example/x&y|url https://evil.example/x&y [evil.example]/x&y inside"},
		{"https://r.example/?u=https%3A%2F%2Fevil.example%2Fx", "url https://r.example/?u=https%3A%2F%2Fevil.example%2Fx [r.example]/?u=https%3A%2F%2Fevil.example%2Fx|url https%3A%2F%2Fevil.example%2Fx [evil.example]%2Fx inside encoded"},
		{"https://a.example,https://b.example", "url https://a.example,https://b.example [a.example]|url https://b.example [b.example] inside"},
		{"https://a.example/x.example/y", "url https://a.example/x.example/y [a.example]/x.example/y"},
		{"fin de phrase.Début réunion", ""},
		{"voir bücher.com", "host bücher.com [xn--bcher-kva.com]"},
		{"://evil.example", "host evil.example [evil.example]"},
		{"http:///x", ""},
		{"a..b .x. @ @@ x@y :: : [::", ""},
		{"http://evil.example\\@good.example/", "url http://evil.example\\@good.example/ [evil.example]\\@good.example/"},
	}
	for _, tt := range tests {
		if got := strings.Join(scan(tt.text), "|"); got != tt.want {
			t.Errorf("%q:\ngot  %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"https://evil.example/a b", "url https://evil.example/a b [evil.example]/a b"},
		{"//evil.example/x", "url //evil.example/x [evil.example]/x"},
		{"evil.example/x", "host evil.example/x [evil.example]/x"},
		{"evil.example:80", "host evil.example:80 [evil.example]"},
		{"192.0.2.1/x", "ip 192.0.2.1/x [192.0.2.1]/x"},
		{"2001:db8::1", "ip 2001:db8::1 [2001:db8::1]"},
		{"mailto:a@evil.example?subject=x", "email a@evil.example [evil.example]"},
		{"tel:+33", ""}, {"about:blank", ""}, {"data:text/html,x", ""}, {"", ""}, {"localhost", ""},
	}
	for _, tt := range tests {
		l, ok := links.Parse(tt.text)
		got := ""
		if ok {
			got = show(l)
		}
		if got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.text, got, tt.want)
		}
	}
}

const message = "Bonjour Marie, on se retrouve demain à 18h30 devant le café. Regarde ça si tu as le temps, merci !!"

func BenchmarkScan(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		s := links.Scanner{Text: message}
		for {
			if _, ok := s.Next(); !ok {
				break
			}
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{message, "https://a@b.example:1/x?u=http%3a%2f%2fc.example", "x@y.example 192.0.2.1 2001:db8::1", "é.fr:\u00a0«a.b»"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := links.Scanner{Text: text}
		for n := 0; ; n++ {
			l, ok := s.Next()
			if !ok {
				break
			}
			if !strings.Contains(text, l.Raw) || l.Raw == "" || l.Host == "" && !l.Addr.IsValid() {
				t.Fatalf("%+v is not in %q", l, text)
			}
			if n > len(text) {
				t.Fatalf("more links than bytes in %q", text)
			}
		}
		links.Parse(text)
	})
}
