package stixpattern

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// Limits of a pattern.
const (
	maxLength  = 1 << 20 // bytes
	maxDepth   = 64      // nested parentheses
	maxNodes   = 50_000  // comparisons, members of IN and operators
	maxSteps   = 32      // of an object path
	maxRepeats = 10_000
	maxRegexp  = 8 << 10 // bytes
)

type parser struct {
	lex    lexer
	tok    token // the next one
	nodes  int
	leaves []*Test
}

// Parse reads a pattern. The error says where, in bytes from the start, and why
// it is no pattern, or which limit or unsupported regular expression refused it.
func Parse(s string) (*Pattern, error) {
	if len(s) > maxLength {
		return nil, fmt.Errorf("parse pattern: %d bytes are more than %d", len(s), maxLength)
	}
	p := &parser{lex: lexer{src: s}}
	root, err := p.pattern()
	if err != nil {
		return nil, fmt.Errorf("parse pattern: %w", err)
	}
	return &Pattern{Root: root, Leaves: p.leaves}, nil
}

func (p *parser) pattern() (*Observed, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	root, err := p.followedBy(0)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected("the end or an operator")
	}
	return root, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) unexpected(want string) error {
	got := p.tok.kind
	if got == tokWord {
		got = p.tok.text
	}
	return p.lex.errorf(p.tok.pos, "%q where %s is due", got, want)
}

func (p *parser) node() error {
	if p.nodes++; p.nodes > maxNodes {
		return p.lex.errorf(p.tok.pos, "more than %d parts", maxNodes)
	}
	return nil
}

func (p *parser) keyword(k string) bool { return p.tok.kind == tokWord && p.tok.text == k }

func (p *parser) expect(kind string) error {
	if p.tok.kind != kind {
		return p.unexpected("'" + kind + "'")
	}
	return p.advance()
}

func (p *parser) expectWord(k string) error {
	if !p.keyword(k) {
		return p.unexpected(k)
	}
	return p.advance()
}

// Observation expressions: FOLLOWEDBY binds weakest, then OR, then AND.

func (p *parser) followedBy(depth int) (*Observed, error) {
	return p.chain("FOLLOWEDBY", FollowedBy, depth, p.anyOf)
}

func (p *parser) anyOf(depth int) (*Observed, error) { return p.chain("OR", AnyOf, depth, p.allOf) }

func (p *parser) allOf(depth int) (*Observed, error) { return p.chain("AND", AllOf, depth, p.observed) }

func (p *parser) chain(word string, op ObservedOp, depth int, operand func(int) (*Observed, error)) (*Observed, error) {
	first, err := operand(depth)
	if err != nil || !p.keyword(word) {
		return first, err
	}
	n := &Observed{Op: op, Args: []*Observed{first}}
	for p.keyword(word) {
		if err := p.node(); err != nil {
			return nil, err
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		arg, err := operand(depth)
		if err != nil {
			return nil, err
		}
		n.Args = append(n.Args, arg)
	}
	return n, nil
}

func (p *parser) observed(depth int) (n *Observed, err error) {
	if depth > maxDepth {
		return nil, p.lex.errorf(p.tok.pos, "more than %d nested parentheses", maxDepth)
	}
	if err := p.node(); err != nil {
		return nil, err
	}
	switch p.tok.kind {
	case "[":
		n, err = p.leaf()
	case "(":
		if err = p.advance(); err != nil {
			return nil, err
		}
		if n, err = p.followedBy(depth + 1); err == nil {
			err = p.expect(")")
		}
	default:
		err = p.unexpected("'[' or '('")
	}
	if err != nil {
		return nil, err
	}
	return n, p.qualifiers(n)
}

func (p *parser) leaf() (*Observed, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	test, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect("]"); err != nil {
		return nil, err
	}
	p.leaves = append(p.leaves, test)
	return &Observed{Op: OneOf, Leaf: len(p.leaves) - 1}, nil
}

func (p *parser) qualifiers(n *Observed) error {
	for p.tok.kind == tokWord {
		var q Qualifier
		var err error
		switch p.tok.text {
		case "WITHIN":
			q, err = p.within()
		case "REPEATS":
			q, err = p.repeats()
		case "START":
			q, err = p.startStop()
		default:
			return nil
		}
		if err == nil {
			err = p.node()
		}
		if err != nil {
			return err
		}
		n.Qualifiers = append(n.Qualifiers, q)
	}
	return nil
}

func (p *parser) within() (q Qualifier, err error) {
	l, err := p.argument(Number)
	if err != nil {
		return q, err
	}
	if l.Num <= 0 || l.Num > math.MaxInt64/float64(2*time.Second) {
		return q, p.lex.errorf(p.tok.pos, "WITHIN needs a positive number of seconds")
	}
	q.Within = max(time.Duration(math.Round(l.Num*float64(time.Second))), 1)
	return q, p.expectWord("SECONDS")
}

func (p *parser) repeats() (q Qualifier, err error) {
	l, err := p.argument(Number)
	if err != nil {
		return q, err
	}
	if !l.Whole || l.Int < 1 || l.Int > maxRepeats {
		return q, p.lex.errorf(p.tok.pos, "REPEATS needs a whole number from 1 to %d", maxRepeats)
	}
	q.Repeats = int(l.Int)
	return q, p.expectWord("TIMES")
}

// startStop reads START t'…' STOP t'…', which STIX 2.0 writes without the t.
func (p *parser) startStop() (q Qualifier, err error) {
	if q.Start, err = p.instant(); err != nil {
		return q, err
	}
	if !p.keyword("STOP") {
		return q, p.unexpected("STOP")
	}
	q.Stop, err = p.instant()
	return q, err
}

func (p *parser) instant() (time.Time, error) {
	l, err := p.argument(Timestamp, Text)
	if err != nil || l.Kind == Timestamp {
		return l.Time, err
	}
	return ParseTimestamp(l.Text)
}

// argument reads the literal that follows the current word.
func (p *parser) argument(kinds ...Kind) (Literal, error) {
	if err := p.advance(); err != nil {
		return Literal{}, err
	}
	for _, k := range kinds {
		if p.tok.kind == tokLit && p.tok.lit.Kind == k {
			l := p.tok.lit
			return l, p.advance()
		}
	}
	return Literal{}, p.unexpected("another literal")
}

// Comparison expressions: AND binds stronger than OR.

func (p *parser) or(depth int) (*Test, error) { return p.tests("OR", Or, depth, p.and) }

func (p *parser) and(depth int) (*Test, error) { return p.tests("AND", And, depth, p.test) }

func (p *parser) tests(word string, op TestOp, depth int, operand func(int) (*Test, error)) (*Test, error) {
	first, err := operand(depth)
	if err != nil || !p.keyword(word) {
		return first, err
	}
	n := &Test{Op: op, Args: []*Test{first}}
	for p.keyword(word) {
		if err := p.node(); err != nil {
			return nil, err
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		arg, err := operand(depth)
		if err != nil {
			return nil, err
		}
		n.Args = append(n.Args, arg)
	}
	return n, nil
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

func isKeyword(s string) bool {
	switch s {
	case "AND", "OR", "NOT", "FOLLOWEDBY", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET", "EXISTS",
		"WITHIN", "REPEATS", "START", "STOP", "SECONDS", "TIMES", "true", "false":
		return true
	}
	return false
}
