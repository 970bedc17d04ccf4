package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/catalogue"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/unifiedlog"
)

//go:embed texts/*.toml
var textFiles embed.FS

var texts = catalogue.New(textFiles)

// A terminal is where the program talks to its user.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	lang     string // "en" or "fr"
}

func newTerminal(in io.Reader, out, err io.Writer, lang string) *terminal {
	return &terminal{in, out, err, lang}
}

// language returns the language to talk in: the flag --lang, which is looked up
// before the flags are parsed since their help is written in it, VIGIE_LANG, or
// what the system says.
func language(args []string, env func(string) string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--lang="); ok {
			return known(v)
		}
		if a == "--lang" && i+1 < len(args) {
			return known(args[i+1])
		}
	}
	for _, name := range []string{"VIGIE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			return known(v)
		}
	}
	return "en"
}

func known(code string) string {
	if strings.HasPrefix(strings.ToLower(code), "fr") {
		return "fr"
	}
	return "en"
}

// text returns a text of the catalogue in the language of the user. Arguments
// are pairs of names and values.
func (t *terminal) text(id string, args ...any) string {
	data := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		if s, ok := args[i+1].(string); ok {
			args[i+1] = oneLine(s)
		}
		data[args[i].(string)] = args[i+1]
	}
	return texts.Text(id, data).In(t.lang)
}

// printf writes to standard output, println a line.
func (t *terminal) println(s string) { fmt.Fprintln(t.out, printable(s)) }

// note writes a line to standard error.
func (t *terminal) note(s string) { fmt.Fprintln(t.err, printable(s)) }

// errorf tells the user what went wrong. Errors that a user meets often have
// a text of their own.
func (t *terminal) errorf(err error) {
	for _, known := range []struct {
		err error
		id  string
	}{
		{evidence.ErrWrongPassword, "error-wrong-password"},
		{evidence.ErrPasswordRequired, "error-password-required"},
		{evidence.ErrDamagedKeybag, "error-damaged-keybag"},
		{evidence.ErrAppleArchive, "error-apple-archive"},
		{evidence.ErrNotEncrypted, "error-not-encrypted"},
		{errInside, "error-inside"},
		{casefile.ErrChanged, "error-changed"},
		{evidence.ErrIdentityRequired, "error-identity-required"},
		{evidence.ErrWrongIdentity, "error-wrong-identity"},
		{evidence.ErrPassphraseRequired, "error-passphrase-required"},
		{evidence.ErrWrongPassphrase, "error-wrong-passphrase"},
		{evidence.ErrNoAcquisition, "error-no-acquisition"},
		{unifiedlog.ErrNoLogs, "error-no-logs"},
		{evidence.ErrSeveralAcquisitions, "error-several-acquisitions"},
	} {
		if errors.Is(err, known.err) {
			t.note(t.text(known.id))
			t.note("  (" + oneLine(err.Error()) + ")")
			return
		}
	}
	for _, err := range each(err) {
		t.note("vigie: " + oneLine(err.Error()))
	}
}

// each returns the errors that were joined to one.
func each(err error) (list []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || strings.Contains(fmt.Sprintf("%T", err), "fmt.") {
		return []error{err}
	}
	for _, err := range joined.Unwrap() {
		list = append(list, each(err)...)
	}
	return list
}

// oneLine puts a text on one line: a name in the evidence must not look like
// a line of the program.
func oneLine(s string) string {
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s)
}

// printable replaces what a terminal would obey: text of evidence must not
// move the cursor, change colours or turn the writing direction.
//
// In JSON the same characters are escaped; see [terminal.json].
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case commands(r):
			return '\ufffd'
		}
		return r
	}, s)
}

// commands reports whether a terminal obeys a character in place of showing it,
// or shows nothing: controls, line separators, marks of direction.
func commands(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == 0xfeff
}

// json writes a value to standard output as one line of JSON, in which
// everything that a terminal would obey is escaped.
func (t *terminal) json(v any) {
	data, err := json.Marshal(v)
	if err != nil {
		t.errorf(err)
		return
	}
	fmt.Fprintln(t.out, escaped(string(data)))
}

// escaped escapes in JSON what a terminal would obey.
func escaped(s string) string {
	var line strings.Builder
	for _, r := range s {
		if commands(r) {
			fmt.Fprintf(&line, "\\u%04x", r)
		} else {
			line.WriteRune(r)
		}
	}
	return line.String()
}

// interactive reports whether a stream is a terminal, and its descriptor.
func interactive(stream any) (fd int, ok bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}
