package ios

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// KeyboardLexicon reads the words that the keyboard learned.
var KeyboardLexicon = artifact.Parser{
	ID:    "ios.keyboardlexicon",
	Title: lang.Text{EN: "Words learned by the keyboard", FR: "Mots appris par le clavier"},
	Doc: `The keyboard learns words that are typed often, for each language, in
dynamic-lexicon.dat. The format is not documented: the readable texts of the file are
given in their order, without times or frequencies, and a few of them are parts of the
format itself. Words stay until the dictionary of the keyboard is reset. They are very
personal and seldom tell anything about spyware.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Keyboard/*-dynamic.lm/dynamic-lexicon.dat"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Keyboard/dynamic-text.dat"},
	},
	Record:  keyboardLexiconWord{},
	Refs:    []string{"https://github.com/abrignoni/iLEAPP"},
	Private: true,
	Parse:   keyboardLexiconParse,
}

// keyboardLexiconWord is one run of readable text.
type keyboardLexiconWord struct {
	Word record.Text `json:"word"` // at least three bytes of printable UTF-8
}

// String implements [record.Data].
func (w keyboardLexiconWord) String() string { return record.Line("keyboard word " + string(w.Word)) }

// Limits of words, in bytes.
const (
	keyboardLexiconMinWord = 3
	keyboardLexiconMaxWord = 1 << 10
)

func keyboardLexiconParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		r := bufio.NewReader(io.NewSectionReader(in.File, 0, in.Size))
		var word []byte
		for at := int64(0); ; {
			c, n, err := r.ReadRune()
			readable := err == nil && (c != utf8.RuneError || n > 1) && c >= ' ' && c != 0x7f && (c < 0x80 || c > 0x9f)
			if readable && len(word) < keyboardLexiconMaxWord {
				word = utf8.AppendRune(word, c)
				at += int64(n)
				continue
			}
			if len(word) >= keyboardLexiconMinWord {
				start := at - int64(len(word))
				rec := in.Record(record.Origin{Table: "lexicon", Offset: start}, keyboardLexiconWord{record.Text(word)})
				if !yield(rec, nil) {
					return
				}
			}
			word = word[:0]
			if readable {
				word = utf8.AppendRune(word, c)
			}
			if err != nil {
				if err != io.EOF {
					yield(record.Record{}, fmt.Errorf("read lexicon at %d: %w", at, err))
				}
				return
			}
			at += int64(n)
		}
	}
}
