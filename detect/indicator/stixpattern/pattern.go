// Package stixpattern parses and evaluates the pattern language of STIX 2.0 and
// 2.1 indicators, completely: comparisons, observation operators, qualifiers.
//
// Source: STIX 2.1 part 9 (OASIS, 10 June 2021) and STIX 2.0 part 5. Regular
// expressions are those of package regexp, which run in linear time: patterns
// with look-around or back-references are refused, never misread.
package stixpattern

import (
	"net/netip"
	"regexp"
	"time"
)

// A Pattern is a parsed pattern.
type Pattern struct {
	Root   *Observed // the whole pattern
	Leaves []*Test   // the expressions in square brackets, in the order of the text
}

// Simple reports whether the pattern is one expression in square brackets
// without qualifiers, which a single observation can satisfy.
func (p *Pattern) Simple() bool {
	return p.Root.Op == OneOf && len(p.Root.Qualifiers) == 0
}

// An Observed is an expression on observations.
type Observed struct {
	Op         ObservedOp
	Leaf       int         // of OneOf: index in the leaves of the pattern
	Args       []*Observed // of the other operators: two or more
	Qualifiers []Qualifier // applied in order, the first one innermost
}

// ObservedOp is an operator on observations.
type ObservedOp uint8

// The operators on observations.
const (
	OneOf      ObservedOp = iota + 1 // one observation satisfies the expression in square brackets
	AllOf                            // AND: every operand, by different observations
	AnyOf                            // OR
	FollowedBy                       // each operand not before the one on its left
)

// A Qualifier restricts what satisfies an expression on observations. Exactly
// one of its three parts is set.
type Qualifier struct {
	Within      time.Duration // WITHIN n SECONDS
	Repeats     int           // REPEATS n TIMES
	Start, Stop time.Time     // START inclusive, STOP exclusive, UTC
}

// A Test is an expression in square brackets, or a part of one.
type Test struct {
	Op   TestOp
	Args []*Test     // of And and Or
	Cmp  *Comparison // of Compare
}

// TestOp is an operator inside square brackets.
type TestOp uint8

// The operators inside square brackets.
const (
	Compare TestOp = iota + 1
	And            // on the same object, if both operands are about one type of object
	Or
)

// A Comparison compares the values of a property with literals.
type Comparison struct {
	Path  Path
	Not   bool
	Op    Op
	Value Literal   // unused by IN and EXISTS
	Set   []Literal // of IN

	re     *regexp.Regexp
	prefix netip.Prefix
}

// Op is a comparison operator, as it is written.
type Op string

// The comparison operators.
const (
	Equal        Op = "="
	NotEqual     Op = "!="
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
	In           Op = "IN"
	Like         Op = "LIKE"
	Matches      Op = "MATCHES"
	IsSubset     Op = "ISSUBSET"
	IsSuperset   Op = "ISSUPERSET"
	Exists       Op = "EXISTS"
)

// A Path is an object path, such as file:hashes.'SHA-256'.
type Path struct {
	Object string // type of object, such as "file"
	Steps  []Step // at least one
}

// A Step is a property name or an index of an object path.
type Step struct {
	Name  string // "" for an index
	Index int    // -1 for [*]
}

// String returns the path in one spelling for all: hash names in lower case and
// without hyphens, "file:hashes.sha256", names quoted only where they must be.
func (p Path) String() string {
	b := []byte(p.Object + ":")
	hashes := false
	for i, s := range p.Steps {
		switch {
		case s.Name == "" && s.Index < 0:
			b = append(b, "[*]"...)
		case s.Name == "":
			b = append(b, '[')
			b = appendInt(b, s.Index)
			b = append(b, ']')
		default:
			if i > 0 {
				b = append(b, '.')
			}
			b = appendName(b, s.Name, hashes)
			hashes = s.Name == "hashes" || s.Name == "cert"
		}
	}
	return string(b)
}

// Property returns the last name of the path, "" if there is none.
func (p Path) Property() string {
	for i := len(p.Steps) - 1; i >= 0; i-- {
		if p.Steps[i].Name != "" {
			return p.Steps[i].Name
		}
	}
	return ""
}

// Kind is the kind of a literal.
type Kind uint8

// The kinds of literals.
const (
	Text      Kind = iota + 1 // 'text'
	Number                    // 12 or 1.5
	Bool                      // true or false
	Bytes                     // h'00ff' or b'AP8='
	Timestamp                 // t'2026-01-02T03:04:05Z'
)

// A Literal is a constant of a pattern.
type Literal struct {
	Kind  Kind
	Text  string    // of Text, and the bytes of Bytes
	Num   float64   // of Number
	Int   int64     // of Number, if Whole
	Whole bool      // a Number without fraction that fits Int
	Bool  bool      // of Bool
	Time  time.Time // of Timestamp, UTC
}

// Walk calls visit for every comparison of the test.
func (t *Test) Walk(visit func(*Comparison)) {
	if t.Cmp != nil {
		visit(t.Cmp)
	}
	for _, a := range t.Args {
		a.Walk(visit)
	}
}
