package rule

import (
	"strings"
	"testing"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/vigie-project/vigie/record"
)

// TestQuickAgrees compares quick tests with the evaluation of the conditions on
// many texts.
func TestQuickAgrees(t *testing.T) {
	t.Parallel()
	comp, err := newCompiler(fakeParsers)
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string]ref.Val{"lists.l": newValueList([]string{"apple", "é", "x.org/", "B", "ab-/live"})}
	conditions := []string{
		`url == "a"`, `"a" != url`, `url.contains("x.org")`, `url.startsWith("http")`, `url.endsWith("/")`, `!url.contains("a")`,
		`url.matches("(?i)https?://x")`, `url.matches("^a|b$")`, `url.matches("(?i)skip")`,
		`url.matches("(?i)://(x[.])?[a-z]+:[0-9]+/")`, `url.matches("b.*(a|x).*B+")`, `url.lowerAscii().contains("apple")`,
		`url.lowerAscii().contains("APPLE")`, `url in lists.l`, `(url + "-/" + origin.state) in lists.l`, `basename(url) == "x"`,
		`lists.l.exists(w, url.lowerAscii().contains(w))`, `lists.l.exists(w, url.contains(w))`, `lists.l.exists(w, w.contains(url))`,
		`lists.l.exists(w, url.startsWith(w))`, `!lists.l.exists(w, url.startsWith(w)) && url != ""`, `lists.l.exists(w, url.lowerAscii().startsWith(w))`, `lists.l.exists(w, w.startsWith(url))`,
		`url == "a" || url.contains("b")`, `url != "" && time > timestamp("2020-01-01T00:00:00Z")`, `time == null || url == "a"`,
		`!(url == "a" && url.startsWith("b")) && origin.state == "live"`, `origin.path == "" || origin.table == url`,
		`lists.l.all(w, url.contains(w))`, `url.size() < 3 && url.contains("b")`, `lists.l.exists(w, w == url) || url == "B"`,
		`count == null || url == "a"`, `count != null && count == 3`, `load == false && url != "b"`, `load != false`, `null == count`, `url in ["a", "ab"]`, `!(url in ["a", "x"]) || load`,
	}
	texts := []string{"", "apple/x", "éa", "x.org/", "Bx", "a", "b", "ab", "aPPle", "xé", "É", "HTTP://x.org/", "http://x.org/a", "https://x", "SKIP", "http://x:1/", "://x:/", "b x B", "B:://", "bxb",
		"\u017fKIP", "\xff", "b\xc3",
		"B", "x", "/x", "x/", "\ufffd", strings.Repeat("ab ", 20) + "APPLE", "APPL", "http"}
	decided := 0
	for _, text := range conditions {
		p, err := comp.compile(Condition{Artifact: "ios.visits", Text: text}, lists, wantBool)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		set := newSet(comp)
		for _, url := range texts {
			a := set.activate(set.plans["ios.visits"], rec("ios.visits", 1, visit{URL: record.URL(url)}))
			v, err := p.eval(a)
			if p.quick == nil {
				continue
			}
			switch got := p.quick(a); {
			case got == no && v == types.True, got == yes && (v != types.True || err != nil):
				t.Errorf("%s on %q: quick answer %d, evaluation %v, %v", text, url, got, v, err)
			case got != unknown:
				decided++
			}
		}
	}
	if decided < len(conditions)*len(texts)/2 {
		t.Errorf("only %d answers", decided)
	}
}
