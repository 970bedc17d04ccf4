package from

import "testing"

func TestHasLink(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want bool
	}{
		{"", false},
		{"No link here. Or is there...", false},
		{"see https://a", true},
		{"lure.example.com", true},
		{"go to LURE.EXAMPLE!", true},
		{"write to somebody@example.org.", true},
		{"xn--e1afmkfd.xn--p1ai", true},
		{"exämple.com", true},
		{"198.51.100.7", true},
		{"version 17.5.1", false},
		{"1.2.3.4.5", false},
		{"photo.jpg and report.PDF", false},
		{"archive.example.zip", true},
		{"com.example.app", false},
		{"group.example.shared", false},
		{"..", false},
		{"a..com", false},
		{".hidden", false},
		{"a.b", false},
	} {
		if got := HasLink(c.text); got != c.want {
			t.Errorf("HasLink(%q) = %v, want %v", c.text, got, c.want)
		}
	}
}

func FuzzHasLink(f *testing.F) {
	f.Add("see lure.example.com/x.png or 198.51.100.7")
	f.Fuzz(func(t *testing.T, s string) {
		if got, again := HasLink(s), HasLink(s+" https://a"); !again {
			t.Errorf("HasLink(%q with URL) = %v, without %v", s, again, got)
		}
	})
}
