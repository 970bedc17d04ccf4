package stixpattern

import (
	"fmt"
	"math"
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
	return chain(p, "FOLLOWEDBY", depth, p.anyOf, joined(FollowedBy))
}

func (p *parser) anyOf(depth int) (*Observed, error) {
	return chain(p, "OR", depth, p.allOf, joined(AnyOf))
}

func (p *parser) allOf(depth int) (*Observed, error) {
	return chain(p, "AND", depth, p.observed, joined(AllOf))
}

func joined(op ObservedOp) func([]*Observed) *Observed {
	return func(args []*Observed) *Observed { return &Observed{Op: op, Args: args} }
}

// chain reads one operand, or several with the operator word between them,
// which join makes one.
func chain[T any](p *parser, word string, depth int, operand func(int) (*T, error), join func([]*T) *T) (*T, error) {
	first, err := operand(depth)
	if err != nil || !p.keyword(word) {
		return first, err
	}
	args := []*T{first}
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
		args = append(args, arg)
	}
	return join(args), nil
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

func isKeyword(s string) bool {
	switch s {
	case "AND", "OR", "NOT", "FOLLOWEDBY", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET", "EXISTS",
		"WITHIN", "REPEATS", "START", "STOP", "SECONDS", "TIMES", "true", "false":
		return true
	}
	return false
}
