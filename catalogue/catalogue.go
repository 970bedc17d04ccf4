// Package catalogue holds the texts that people read, in every language of
// Vigie, in files beside the code that uses them.
//
// A package that has texts keeps them in texts/en.toml and texts/fr.toml and
// declares its catalogue as a variable:
//
//	//go:embed texts/*.toml
//	var files embed.FS
//
//	var texts = catalogue.New(files)
//
// It writes a text with texts.Text("id", map[string]any{"Host": host}), and its
// tests call texts.Check, which fails if a text is missing in a language or its
// placeholders differ. In TOML a text is one line,
//
//	same-host = "The address {{.Host}} was published."
//
// or, if it depends on a number given as Count, a table of plural forms:
//
//	[hits]
//	one = "{{.Count}} record"
//	other = "{{.Count}} records"
//
// Tables also group texts: [title] with a key host makes "title.host". The words
// of go-i18n – id, hash, description, leftDelim, rightDelim and the plural forms –
// cannot be keys of a group.
//
// Nothing is parsed before the first text is asked for.
package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/vigie-project/vigie/lang"
)

// A Catalogue is the texts of one package. It is safe for concurrent use.
type Catalogue struct {
	files fs.FS

	once    sync.Once
	err     error
	english *i18n.Localizer
	french  *i18n.Localizer
}

// New returns a catalogue of the files texts/en.toml and texts/fr.toml. It reads
// them when they are first needed.
func New(files fs.FS) *Catalogue { return &Catalogue{files: files} }

// Text returns the text with the given ID in every language. Data fills its
// placeholders; an integer named Count chooses the plural form. A text that does
// not exist or cannot be filled is shown as its ID between "⟨" and "⟩", so that a
// mistake is seen and costs nothing else; [Catalogue.Check] finds it before.
func (c *Catalogue) Text(id string, data map[string]any) lang.Text {
	c.once.Do(c.load)
	if c.err != nil {
		return lang.Text{EN: "⟨" + id + "⟩", FR: "⟨" + id + "⟩"}
	}
	return lang.Text{EN: localize(c.english, id, data), FR: localize(c.french, id, data)}
}

func localize(l *i18n.Localizer, id string, data map[string]any) string {
	s, err := l.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data, PluralCount: data["Count"]})
	if err != nil {
		return "⟨" + id + "⟩"
	}
	return s
}

func (c *Catalogue) load() {
	c.english, c.err = c.localizer("en")
	if c.err == nil {
		c.french, c.err = c.localizer("fr")
	}
}

// localizer reads one language into a bundle of its own, so that a text missing
// in one language is never silently taken from another.
func (c *Catalogue) localizer(code string) (*i18n.Localizer, error) {
	name := "texts/" + code + ".toml"
	data, err := fs.ReadFile(c.files, name)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	bundle := i18n.NewBundle(language.Make(code))
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	if _, err := bundle.ParseMessageFileBytes(data, name); err != nil {
		return nil, fmt.Errorf("read catalogue %s: %w", name, err)
	}
	return i18n.NewLocalizer(bundle, code), nil
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)

// Check reports every text that is missing or empty in a language, that fills in
// other placeholders than in English, and French that is not typeset as French:
// a straight apostrophe, or no narrow space before high punctuation.
func (c *Catalogue) Check() error {
	if c.once.Do(c.load); c.err != nil {
		return c.err
	}
	var errs []error
	all := map[string]map[string]string{}
	for _, code := range lang.Languages {
		t, err := c.raw(code)
		if err != nil {
			return err
		}
		all[code] = t
	}
	for _, code := range lang.Languages {
		for id, s := range all[code] {
			if strings.TrimSpace(s) == "" {
				errs = append(errs, fmt.Errorf("text %s is empty in %q", id, code))
			}
			for _, other := range lang.Languages {
				if _, ok := all[other][id]; !ok {
					errs = append(errs, fmt.Errorf("text %s is missing in %q", id, other))
				}
			}
			if code == "fr" {
				errs = append(errs, typography(id, s)...)
			}
		}
	}
	for id, en := range all["en"] {
		if a, b := holes(en), holes(all["fr"][id]); !slices.Equal(a, b) {
			errs = append(errs, fmt.Errorf("text %s has the placeholders %v in English, %v in French", id, a, b))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// raw returns the unfilled texts of a language by their ID.
func (c *Catalogue) raw(code string) (map[string]string, error) {
	data, err := fs.ReadFile(c.files, "texts/"+code+".toml")
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(data, &tree); err != nil {
		return nil, fmt.Errorf("read catalogue %s: %w", code, err)
	}
	out := map[string]string{}
	flatten("", tree, out)
	return out, nil
}

// pluralForms are the keys of a table that is one text in several numbers.
var pluralForms = []string{"zero", "one", "two", "few", "many", "other"}

func flatten(prefix string, tree map[string]any, out map[string]string) {
	for key, v := range tree {
		switch v := v.(type) {
		case string:
			if slices.Contains(pluralForms, key) {
				key = strings.TrimSuffix(prefix, ".")
				out[key] += v + " "
				continue
			}
			if key != "description" {
				out[prefix+key] = v
			}
		case map[string]any:
			flatten(prefix+key+".", v, out)
		}
	}
}

func holes(s string) []string {
	h := placeholder.FindAllString(s, -1)
	slices.Sort(h)
	return slices.Compact(h)
}

// typography lists what French typesetting forbids, outside placeholders.
func typography(id, s string) (errs []error) {
	s = placeholder.ReplaceAllString(s, "X")
	r := []rune(s)
	for i, c := range r {
		before, after := ' ', ' '
		if i > 0 {
			before = r[i-1]
		}
		if i+1 < len(r) {
			after = r[i+1]
		}
		switch {
		case c == '\'':
			errs = append(errs, fmt.Errorf("text %s: straight apostrophe in French", id))
		case c == '"':
			errs = append(errs, fmt.Errorf("text %s: straight quotation mark in French", id))
		case (c == ';' || c == '!' || c == '?') && before != '\u202f':
			errs = append(errs, fmt.Errorf("text %s: no narrow space before %q in French", id, c))
		case c == ':' && before != '\u00a0' && (after == ' ' || after == '\n'):
			errs = append(errs, fmt.Errorf("text %s: no no-break space before %q in French", id, c))
		case c == '«' && after != '\u202f', c == '»' && before != '\u202f':
			errs = append(errs, fmt.Errorf("text %s: no narrow space inside « » in French", id))
		}
	}
	return errs
}
