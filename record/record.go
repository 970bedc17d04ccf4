// Package record defines what parsers produce: typed facts read from evidence,
// each with its origin.
//
// A fact is a plain struct. The types of its fields say what they hold, and
// everything else follows from them: [Time] fields become timeline entries,
// [URL], [App], [Path] and the like are compared with indicators, and the JSON
// form, the conditions of rules and the documentation are derived by reflection.
package record

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Record is one fact read from evidence.
type Record struct {
	Artifact string `json:"artifact"` // ID of the parser, such as "ios.tcc"
	Origin   Origin `json:"origin"`
	Data     Data   `json:"data"`
}

// Data is the content of a record: a struct (not a pointer) whose exported
// fields have one of the types that [TypeOf] accepts. String returns one line
// of text for timelines and tables.
type Data interface{ String() string }

// Origin says where a record was read, precisely enough for another examiner
// to find the same bytes with other tools.
type Origin struct {
	Source string `json:"source"`           // ID of the source in the case
	Path   string `json:"path"`             // path on the device, slash-separated
	Stored string `json:"stored,omitempty"` // name of the file inside the acquisition, if it differs
	Table  string `json:"table,omitempty"`  // database table, property list key or log section
	Row    int64  `json:"row,omitempty"`    // rowid, line number or index, from 1; 0 if unknown
	Offset int64  `json:"offset,omitempty"` // bytes from the start of the (decrypted) file; 0 if unknown
	State  State  `json:"state,omitempty"`  // how the record was still there
}

// State says how a record was present in its file.
type State string

// The states.
const (
	Live    State = ""        // part of the current content
	Logged  State = "logged"  // in a write-ahead log or journal, superseded or not merged
	Deleted State = "deleted" // recovered from unused space; may be incomplete
)

// String returns the origin in the form "path table#row @offset (state)".
func (o Origin) String() string {
	s := o.Path
	if o.Table != "" {
		s += " " + o.Table
	}
	if o.Row != 0 {
		s += "#" + strconv.FormatInt(o.Row, 10)
	}
	if o.Offset != 0 {
		s += " @" + strconv.FormatInt(o.Offset, 10)
	}
	if o.State != Live {
		s += " (" + string(o.State) + ")"
	}
	return s
}

// Field types. A field of one of these types is compared with the indicators
// of the same kind. All keep the text as the evidence stores it.
type (
	URL         string // not normalised
	Mention     string // URL in content that the device holds: that it was followed is not said
	Domain      string // host name without scheme
	IP          string // IPv4 or IPv6 address
	Email       string // e-mail address
	Phone       string // phone number
	App         string // bundle identifier (iOS) or package name (Android)
	Path        string // path on the device
	Process     string // name of a process or of its executable, or its path
	Text        string // free text; URLs, domains and addresses in it are extracted before matching
	Hash        string // hexadecimal MD5, SHA-1, SHA-256 or SHA-512 of a file
	Certificate string // hexadecimal digest of a certificate
	Profile     string // UUID or identifier of a configuration profile
	Property    string // name of an Android system property
)

// KV is a key and a value, for content whose keys are not known in advance.
// A value is compared with indicators as [Text] is.
type KV struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Name returns the name of a code, names[code], and for a code without a name
// the code itself: a value that is not understood yet is not lost.
func Name(code int64, names ...string) string {
	if code < 0 || code >= int64(len(names)) || names[code] == "" {
		return fmt.Sprintf("code %d", code)
	}
	return names[code]
}

// maxLine bounds the text that [Line] keeps of one value, in bytes.
const maxLine = 300

// Line returns text on one line, shortened, for the String methods of data:
// control characters become spaces, and what is cut is shown as "…".
func Line(s string) string {
	cut := false
	if len(s) > maxLine {
		s, cut = strings.ToValidUTF8(s[:maxLine], ""), true
	}
	if plain(s) {
		if cut {
			s += "…"
		}
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 || r == 0x85 {
			return ' '
		}
		return r
	}, s)
	if cut {
		s += "…"
	}
	return s
}

// plain reports whether a text is valid and has no control characters.
func plain(s string) bool {
	for i := 0; i < len(s); {
		for i+8 <= len(s) && printable(s[i:i+8]) {
			i += 8
		}
		if i == len(s) {
			break
		}
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError || r == 0x2028 || r == 0x2029 || r == 0x85 {
			return false
		}
		i += size
	}
	return true
}
