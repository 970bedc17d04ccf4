package rule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vigie-project/vigie/lang"
)

// The form of a rule file.
type (
	fileRule struct {
		ID         scalar              `yaml:"id"`
		Title      text                `yaml:"title"`
		Why        text                `yaml:"why"`
		Confidence text                `yaml:"confidence"`
		Grade      scalar              `yaml:"grade"`
		Threat     scalar              `yaml:"threat"`
		Artifacts  []scalar            `yaml:"artifacts"`
		When       clauses             `yaml:"when"`
		Lists      map[string]fileList `yaml:"lists"`
		Steps      []fileStep          `yaml:"steps"`
		Within     scalar              `yaml:"within"`
		Order      scalar              `yaml:"order"`
		Need       int                 `yaml:"need"`
		Sources    scalar              `yaml:"sources"`
		Together   bool                `yaml:"together"`
		Gaps       fileGaps            `yaml:"gaps"`
		Benign     []text              `yaml:"benign"`
		Next       []text              `yaml:"next"`
		Refs       []scalar            `yaml:"refs"`
		Examples   []fileExample       `yaml:"examples"`
	}
	fileList struct {
		Source scalar   `yaml:"source"`
		File   scalar   `yaml:"file"`
		Values []scalar `yaml:"values"`
	}
	fileStep struct {
		Name      scalar   `yaml:"name"`
		Artifacts []scalar `yaml:"artifacts"`
		When      clauses  `yaml:"when"`
		Key       clauses  `yaml:"key"`
		Differ    clauses  `yaml:"differ"`
		Keep      keeps    `yaml:"keep"`
		Where     clauses  `yaml:"where"`
		Each      scalar   `yaml:"each"`
		At        scalars  `yaml:"at"`
		Count     int      `yaml:"count"`
		None      bool     `yaml:"none"`
		Once      bool     `yaml:"once"`
		Always    bool     `yaml:"always"`
	}
	fileGaps struct {
		Number  clauses `yaml:"number"`
		Highest clauses `yaml:"highest"`
		Least   int     `yaml:"least"`
	}
	fileExample struct {
		Match    located[bool]       `yaml:"match"`
		Acquired yaml.Node           `yaml:"acquired"`
		Artifact scalar              `yaml:"artifact"`
		Record   yaml.Node           `yaml:"record"`
		Origin   yaml.Node           `yaml:"origin"`
		Records  []fileExampleRecord `yaml:"records"`
	}
	fileExampleRecord struct {
		Artifact scalar    `yaml:"artifact"`
		Record   yaml.Node `yaml:"record"`
		Origin   yaml.Node `yaml:"origin"`
	}
)

// located is a value with its line, 0 if it is absent.
type located[T any] struct {
	value T
	line  int
}

// UnmarshalYAML implements [yaml.Unmarshaler].
func (l *located[T]) UnmarshalYAML(n *yaml.Node) error {
	l.line = n.Line
	return n.Decode(&l.value)
}

// A scalar is a text of one line, as written.
type scalar struct {
	value string
	line  int
}

// UnmarshalYAML implements [yaml.Unmarshaler].
func (s *scalar) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return wrong(n.Line, "a text was expected")
	}
	s.value, s.line = strings.TrimSpace(n.Value), n.Line
	return nil
}

// scalars is one text or a list of them.
type scalars []scalar

// UnmarshalYAML implements [yaml.Unmarshaler].
func (s *scalars) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]scalar)(s))
	}
	*s = make(scalars, 1)
	return (*s)[0].UnmarshalYAML(n)
}

// A text is a text in every language.
type text struct {
	lang.Text
	line int
}

// UnmarshalYAML implements [yaml.Unmarshaler].
func (t *text) UnmarshalYAML(n *yaml.Node) error {
	t.line = n.Line
	if n.Kind != yaml.MappingNode {
		return wrong(n.Line, "a text in each language was expected: {en: …, fr: …}")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var s scalar
		if err := s.UnmarshalYAML(n.Content[i+1]); err != nil {
			return err
		}
		switch key := n.Content[i]; key.Value {
		case "en":
			t.EN = s.value
		case "fr":
			t.FR = s.value
		default:
			return wrong(key.Line, fmt.Sprintf("%q is no language of Vigie", key.Value))
		}
	}
	return nil
}

// keeps are conditions by the names of what they give, in the order of the file.
type keeps []fileKept

type fileKept struct {
	name  scalar
	value clauses
}

// UnmarshalYAML implements [yaml.Unmarshaler].
func (k *keeps) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return wrong(n.Line, "names with values were expected")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var f fileKept
		if err := f.name.UnmarshalYAML(n.Content[i]); err != nil {
			return err
		}
		if err := f.value.UnmarshalYAML(n.Content[i+1]); err != nil {
			return err
		}
		*k = append(*k, f)
	}
	return nil
}

// clauses is one condition, or one for each artifact.
type clauses struct {
	line  int
	every *Condition // without an artifact
	each  []Condition
}

// UnmarshalYAML implements [yaml.Unmarshaler].
func (c *clauses) UnmarshalYAML(n *yaml.Node) error {
	c.line = n.Line
	if n.Kind == yaml.ScalarNode {
		cond := newCondition(n)
		c.every = &cond
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return wrong(n.Line, "a condition was expected, or one for each artifact")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i+1].Kind != yaml.ScalarNode {
			return wrong(n.Content[i+1].Line, "a condition was expected")
		}
		cond := newCondition(n.Content[i+1])
		cond.Artifact = n.Content[i].Value
		c.each = append(c.each, cond)
	}
	return nil
}

func newCondition(n *yaml.Node) Condition {
	c := Condition{Text: n.Value, line: n.Line, lines: n.Style&yaml.LiteralStyle != 0}
	if c.lines {
		c.line++ // the text begins on the line after the "|"
	}
	return c
}

// at returns the line in the file of a line of the condition.
func (c Condition) at(line int) int {
	if c.lines && line > 0 {
		return c.line + line - 1
	}
	return c.line
}

func wrong(line int, problem string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s", line, problem)}}
}

// decode reads a rule file strictly: one document, no unknown keys.
func decode(name string, content []byte) (*fileRule, []*Problem) {
	dec := yaml.NewDecoder(bytes.NewReader(content))
	dec.KnownFields(true)
	var f fileRule
	if err := dec.Decode(&f); err != nil {
		return nil, yamlProblems(name, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, []*Problem{{name, 1, "a file holds one rule, this one holds more than one document"}}
	}
	return &f, nil
}

func yamlProblems(name string, err error) []*Problem {
	if errors.Is(err, io.EOF) {
		return []*Problem{{name, 1, "the file is empty"}}
	}
	texts := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	if te := new(yaml.TypeError); errors.As(err, &te) {
		texts = te.Errors
	}
	var problems []*Problem
	for _, t := range texts {
		p := &Problem{name, 1, t}
		if n, err := fmt.Sscanf(t, "line %d:", &p.Line); n == 1 && err == nil {
			_, p.Text, _ = strings.Cut(t, ": ")
		}
		problems = append(problems, p)
	}
	return problems
}
