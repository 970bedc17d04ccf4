package figures

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/format/imessage"
	"github.com/vigie-project/vigie/format/typedstream"
	"github.com/vigie-project/vigie/internal/testdata"
)

// bodies are the texts of typed streams, and where ours differ on purpose.
var bodies = map[string]struct{ ours, theirs, why string }{
	"test_parse_text_clean": {"Noter test", "Noter test", ""},
	"test_parse_text_space": {"Test 3", "Test 3", ""},
	"test_parse_text_url":   {"https://github.com/ReagentX/Logria", "https://github.com/ReagentX/Logria", ""},
	"test_parse_text_app":   {"This is parsing   (damaged)", "This is parsing", "the string claims more bytes than its object has: the text is given, and the error"},
	"test_parse_text_blank": {"", "error", "an empty string is a body without characters, and no error"},
}

// kinds are what a preview says the content behind a link is.
var kinds = map[string]string{
	"can_parse_normal":        "",
	"can_parse_music":         "LPiTunesMediaSongMetadata",
	"can_parse_app_store":     "LPiTunesMediaSoftwareMetadata",
	"can_parse_collaboration": "LPiCloudSharingMetadata",
}

var (
	rustText    = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	rustUnicode = regexp.MustCompile(`\\u\{([0-9a-fA-F]+)\}`)
)

// accountTyped accounts for the figures about messages: every text that the
// peer expects of a balloon must be a value of ours.
func accountTyped(t *testing.T, e *expectation) verdict {
	data, err := os.ReadFile(testdata.Path(t, e.File))
	if err != nil {
		t.Fatal(err)
	}
	_, test, _ := strings.Cut(e.Test, "::")
	if b, ok := bodies[test]; ok {
		text, err := typedstream.Text(data)
		if err != nil {
			text += " (damaged)"
		}
		return compare(t, test, text, b.ours, b.theirs, b.why)
	}
	p, err := imessage.ParsePayload(data)
	if err != nil {
		t.Errorf("%s: %v", e.File, err)
		return unsettled
	}
	if kind, ok := kinds[test]; ok && p.Link != nil {
		return compare(t, test, p.Link.Special, "", kind, "")
	}
	var x struct{ Expected string }
	if err := json.Unmarshal(e.Expectation, &x); err != nil {
		t.Fatal(err)
	}
	if test == "test_parse_check_in_query_string" {
		return by(t, "format/imessage.TestCorpusApps")
	}
	have := map[string]bool{}
	ours, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	texts(ours, have)
	n := 0
	for _, m := range rustText.FindAllStringSubmatch(x.Expected, -1) {
		text := rustUnicode.ReplaceAllStringFunc(m[1], func(s string) string {
			r, _ := strconv.ParseUint(strings.Trim(s, `\u{}`), 16, 32)
			return string(rune(r))
		})
		if text = strings.ReplaceAll(text, `\n`, "\n"); !have[text] && !similar(have, text) {
			t.Errorf("%s: %q is not in %s", test, text, ours)
			return unsettled
		}
		n++
	}
	if n == 0 {
		return unsettled
	}
	return equal
}

// similar reports whether a text is there but for spaces that do not break,
// which the listing of figures has lost in places.
func similar(have map[string]bool, text string) bool {
	for h := range have {
		if strings.ReplaceAll(h, "\u00a0", " ") == text {
			return true
		}
	}
	return false
}

// texts collects all strings in a JSON value.
func texts(data []byte, into map[string]bool) {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			into[v] = true
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(v)
}
