package stixpattern

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strings"
)

// Comparison expressions: AND binds stronger than OR.

func (p *parser) or(depth int) (*Test, error) {
	return chain(p, "OR", depth, p.and, joinedTests(Or))
}

func (p *parser) and(depth int) (*Test, error) {
	return chain(p, "AND", depth, p.test, joinedTests(And))
}

func joinedTests(op TestOp) func([]*Test) *Test {
	return func(args []*Test) *Test { return &Test{Op: op, Args: args} }
}

func (p *parser) test(depth int) (*Test, error) {
	if depth > maxDepth {
		return nil, p.lex.errorf(p.tok.pos, "more than %d nested parentheses", maxDepth)
	}
	if err := p.node(); err != nil {
		return nil, err
	}
	if p.tok.kind == "(" {
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		return n, p.expect(")")
	}
	c, err := p.comparison()
	if err != nil {
		return nil, err
	}
	return &Test{Op: Compare, Cmp: c}, nil
}

func (p *parser) comparison() (c *Comparison, err error) {
	c = &Comparison{}
	if p.keyword("NOT") {
		c.Not = true
		if err := p.advance(); err != nil {
			return nil, err
		}
		if !p.keyword("EXISTS") {
			return nil, p.unexpected("EXISTS")
		}
	}
	if p.keyword("EXISTS") {
		c.Op = Exists
		if err := p.advance(); err != nil {
			return nil, err
		}
		c.Path, err = p.path()
		return c, err
	}
	if c.Path, err = p.path(); err != nil {
		return nil, err
	}
	if p.keyword("NOT") {
		c.Not = true
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if err := p.operator(c); err != nil {
		return nil, err
	}
	if c.Op == In {
		return c, p.set(c)
	}
	if c.Value, err = p.literal(); err != nil {
		return nil, err
	}
	return c, p.compile(c)
}

// operators maps spellings to operators.
var operators = map[string]Op{
	"=": Equal, "==": Equal, "!=": NotEqual, "<>": NotEqual, "<": Less, "<=": LessEqual, ">": Greater,
	">=": GreaterEqual, "IN": In, "LIKE": Like, "MATCHES": Matches, "ISSUBSET": IsSubset, "ISSUPERSET": IsSuperset,
}

func (p *parser) operator(c *Comparison) error {
	key := p.tok.kind
	if key == tokWord {
		key = p.tok.text
	}
	op, ok := operators[key]
	if !ok {
		return p.unexpected("a comparison operator")
	}
	c.Op = op
	return p.advance()
}

func (p *parser) literal() (Literal, error) {
	l := p.tok.lit
	switch {
	case p.keyword("true"), p.keyword("false"):
		l = Literal{Kind: Bool, Bool: p.keyword("true")}
	case p.tok.kind != tokLit:
		return l, p.unexpected("a literal")
	}
	return l, p.advance()
}

func (p *parser) set(c *Comparison) error {
	if err := p.expect("("); err != nil {
		return err
	}
	for p.tok.kind != ")" {
		if err := p.node(); err != nil {
			return err
		}
		pos := p.tok.pos
		l, err := p.literal()
		if err != nil {
			return err
		}
		if len(c.Set) > 0 && c.Set[0].Kind != l.Kind {
			return p.lex.errorf(pos, "members of IN are of different kinds")
		}
		c.Set = append(c.Set, l)
		if p.tok.kind != "," {
			break
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
	return p.expect(")")
}

// compile prepares and checks the literal of operators that need text.
func (p *parser) compile(c *Comparison) (err error) {
	switch c.Op {
	case Less, LessEqual, Greater, GreaterEqual:
		if c.Value.Kind == Bool {
			return p.lex.errorf(p.tok.pos, "true and false have no order")
		}
		return nil
	case Like, Matches, IsSubset, IsSuperset:
		if c.Value.Kind != Text {
			return p.lex.errorf(p.tok.pos, "%s needs text", c.Op)
		}
	}
	switch c.Op {
	case Like:
		c.re, err = regexp.Compile(likeRegexp(nfc(c.Value.Text)))
	case Matches:
		if len(c.Value.Text) > maxRegexp {
			return p.lex.errorf(p.tok.pos, "regular expression of more than %d bytes", maxRegexp)
		}
		c.re, err = regexp.Compile("(?s:" + nfc(c.Value.Text) + ")")
	case IsSubset, IsSuperset:
		c.prefix, err = parsePrefix(c.Value.Text)
	}
	if err != nil {
		return p.lex.errorf(p.tok.pos, "%v", err)
	}
	return nil
}

// likeRegexp translates LIKE: "%" is any text, "_" one character.
func likeRegexp(s string) string {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for _, r := range s {
		switch r {
		case '%':
			b.WriteString(".*")
		case '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString(`\z`)
	return b.String()
}

// parsePrefix reads an address or a range in CIDR notation; bits beyond the
// length of the prefix are ignored, as the language allows.
func parsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	pre, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no address or range", s)
	}
	return pre.Masked(), nil
}

// path reads an object path. Names with hyphens are quoted, except types of
// objects and, as public feeds write them, the names of hashes.
func (p *parser) path() (path Path, err error) {
	if p.tok.kind != tokWord || isKeyword(p.tok.text) {
		return path, p.unexpected("an object path")
	}
	path.Object = p.tok.text
	if err := p.advance(); err != nil {
		return path, err
	}
	if p.tok.kind != ":" {
		return path, p.unexpected("':'")
	}
	for first := true; first || p.tok.kind == "." || p.tok.kind == "["; first = false {
		if len(path.Steps) == maxSteps {
			return path, p.lex.errorf(p.tok.pos, "more than %d steps", maxSteps)
		}
		index := p.tok.kind == "["
		if err := p.advance(); err != nil {
			return path, err
		}
		var s Step
		if index {
			s, err = p.index()
		} else {
			s, err = p.name(path.Property())
		}
		if err != nil {
			return path, err
		}
		path.Steps = append(path.Steps, s)
	}
	return path, nil
}

func (p *parser) name(before string) (Step, error) {
	s := Step{Name: p.tok.text}
	switch {
	case p.tok.kind == tokLit && p.tok.lit.Kind == Text && p.tok.lit.Text != "":
		s.Name = p.tok.lit.Text
	case p.tok.kind != tokWord:
		return s, p.unexpected("a property name")
	case strings.Contains(s.Name, "-") && before != "hashes" && before != "cert":
		return s, p.lex.errorf(p.tok.pos, "name %q with a hyphen needs quotes", s.Name)
	}
	return s, p.advance()
}

func (p *parser) index() (s Step, err error) {
	switch {
	case p.tok.kind == "*":
		s.Index = -1
	case p.tok.kind == tokLit && p.tok.lit.Whole && p.tok.lit.Int >= 0 && p.tok.lit.Int <= math.MaxInt32:
		s.Index = int(p.tok.lit.Int)
	default:
		return s, p.unexpected("an index or '*'")
	}
	if err = p.advance(); err != nil {
		return s, err
	}
	return s, p.expect("]")
}
