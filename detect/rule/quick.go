package rule

import (
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/vigie-project/vigie/record"
)

// An answer is what a quick test knows of a condition without evaluating it.
type answer uint8

const (
	unknown answer = iota
	no             // it does not hold, whatever the rest of it gives
	yes
)

// A quick test looks at the parts of a condition that need no more than a
// comparison. Nearly all records fail nearly all conditions in such a part, and
// an evaluation of CEL takes a hundred times longer. It is nil where nothing can
// be known.
type quick func(a *activation) answer

// A sketcher derives quick tests from checked conditions.
type sketcher struct {
	plan  *plan
	lists map[string]ref.Val
	refs  map[int64]*celast.ReferenceInfo
}

func (c *compiler) sketch(cond Condition, lists map[string]ref.Val, ast *cel.Ast) quick {
	s := sketcher{plan: c.plans[cond.Artifact], lists: lists, refs: ast.NativeRep().ReferenceMap()}
	return s.test(ast.NativeRep().Expr())
}

// test returns the quick test of an expression that gives a bool.
func (s *sketcher) test(e celast.Expr) quick {
	switch e.Kind() {
	case celast.IdentKind, celast.SelectKind:
		return s.flag(e)
	case celast.ComprehensionKind:
		return s.exists(e.AsComprehension())
	case celast.CallKind:
		return s.call(e.AsCall())
	}
	return nil
}

func (s *sketcher) call(c celast.CallExpr) quick {
	args := c.Args()
	switch c.FunctionName() {
	case operators.LogicalAnd:
		return both(s.test(args[0]), s.test(args[1]), no)
	case operators.LogicalOr:
		return both(s.test(args[0]), s.test(args[1]), yes)
	case operators.LogicalNot:
		if t := s.test(args[0]); t != nil {
			return func(a *activation) answer { return [...]answer{unknown, yes, no}[t(a)] }
		}
	case operators.Equals:
		return s.equal(args[0], args[1], true)
	case operators.NotEquals:
		return s.equal(args[0], args[1], false)
	case operators.In:
		return s.in(args[0], args[1])
	case "contains", "startsWith", "endsWith", "matches":
		if c.IsMemberFunction() && len(args) == 1 {
			return s.within(c.FunctionName(), c.Target(), args[0])
		}
	}
	return nil
}

// both joins two tests: either decides if it gives the decisive answer, and
// together they do if both give the other one. An error in one part of a
// condition yields to such an answer of the other, as CEL has it.
func both(x, y quick, decisive answer) quick {
	other := no + yes - decisive
	one := func(t quick) quick {
		return func(a *activation) answer {
			if t(a) == decisive {
				return decisive
			}
			return unknown
		}
	}
	switch {
	case x == nil && y == nil:
		return nil
	case x == nil:
		return one(y)
	case y == nil:
		return one(x)
	}
	return func(a *activation) answer {
		first := x(a)
		if first == decisive {
			return decisive
		}
		switch second := y(a); {
		case second == decisive:
			return decisive
		case first == other && second == other:
			return other
		}
		return unknown
	}
}

// variable returns what a name in a condition stands for.
func (s *sketcher) variable(e celast.Expr) (string, *variable) {
	info := s.refs[e.ID()]
	if info == nil {
		return "", nil
	}
	if v, ok := s.plan.vars[info.Name]; ok {
		return info.Name, &v
	}
	return info.Name, nil
}

func answerOf(ok bool) answer {
	if ok {
		return yes
	}
	return no
}

// flag tests a field that is a bool.
func (s *sketcher) flag(e celast.Expr) quick {
	_, v := s.variable(e)
	if v == nil || v.from != fromField || v.field.Kind != record.KindBool || v.field.Optional {
		return nil
	}
	i := v.field.Index
	return func(a *activation) answer { return answerOf(a.data.Field(i).Bool()) }
}

// A getter gives a string of the record.
type getter func(a *activation) string

// text returns the text that an expression stands for, and whether it is to be
// taken in lower case.
func (s *sketcher) text(e celast.Expr) (t getter, lower bool) {
	if e.Kind() == celast.CallKind {
		c := e.AsCall()
		if c.FunctionName() == "lowerAscii" && c.IsMemberFunction() && len(c.Args()) == 0 {
			t, _ = s.text(c.Target())
			return t, true
		}
		if c.FunctionName() == "basename" && len(c.Args()) == 1 {
			if t, lower := s.text(c.Args()[0]); t != nil && !lower {
				return func(a *activation) string { return baseName(t(a)) }, false
			}
		}
		return nil, false
	}
	_, v := s.variable(e)
	switch {
	case v == nil:
		return nil, false
	case v.from == fromPath:
		return func(a *activation) string { return a.at.Path }, false
	case v.from == fromTable:
		return func(a *activation) string { return a.at.Table }, false
	case v.from == fromState:
		return func(a *activation) string {
			if a.at.State == record.Live {
				return "live"
			}
			return string(a.at.State)
		}, false
	case v.from != fromField || v.field.List || v.field.Optional:
		return nil, false
	case v.field.Kind < record.KindString || v.field.Kind == record.KindTime || v.field.Kind == record.KindWallTime:
		return nil, false
	}
	i := v.field.Index
	return func(a *activation) string { return a.data.Field(i).String() }, false
}

// literal returns a constant string.
func literal(e celast.Expr) (string, bool) {
	if e.Kind() != celast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok && plain(string(s))
}

// plain reports whether a constant is found in invalid text as it is found in
// the text that CEL makes of it.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, utf8.RuneError) }

// equal tests == and != with a constant.
func (s *sketcher) equal(x, y celast.Expr, want bool) quick {
	if x.Kind() == celast.LiteralKind {
		x, y = y, x
	}
	if y.Kind() != celast.LiteralKind {
		return nil
	}
	switch v := y.AsLiteral().(type) {
	case types.Int:
		return s.number(x, int64(v), want)
	case types.Bool:
		return s.truth(x, bool(v), want)
	case types.Null:
		return s.absent(x, want)
	}
	c, ok := literal(y)
	t, lower := s.text(x)
	if !ok || t == nil || lower {
		return nil
	}
	return func(a *activation) answer { return answerOf((t(a) == c) == want) }
}

// number tests a field that is an integer.
func (s *sketcher) number(e celast.Expr, n int64, want bool) quick {
	_, v := s.variable(e)
	if v == nil || v.from != fromField || v.field.Kind != record.KindInt || v.field.List {
		return nil
	}
	i, optional := v.field.Index, v.field.Optional
	return func(a *activation) answer {
		f := a.data.Field(i)
		if optional {
			if f.IsNil() {
				return unknown
			}
			f = f.Elem()
		}
		return answerOf((f.Int() == n) == want)
	}
}

// truth tests a field that is a bool.
func (s *sketcher) truth(e celast.Expr, b, want bool) quick {
	_, v := s.variable(e)
	if v == nil || v.from != fromField || v.field.Kind != record.KindBool || v.field.List {
		return nil
	}
	i, optional := v.field.Index, v.field.Optional
	return func(a *activation) answer {
		f := a.data.Field(i)
		if optional {
			if f.IsNil() {
				return unknown
			}
			f = f.Elem()
		}
		return answerOf((f.Bool() == b) == want)
	}
}

// absent tests whether a field has no value.
func (s *sketcher) absent(e celast.Expr, want bool) quick {
	_, v := s.variable(e)
	if v == nil || v.from != fromField || !v.field.Optional || v.field.List {
		return nil
	}
	i := v.field.Index
	return func(a *activation) answer { return answerOf(a.data.Field(i).IsNil() == want) }
}

// in tests whether a text, or texts one after the other, are in a list of the
// rule.
func (s *sketcher) in(e, list celast.Expr) quick {
	set := s.list(list)
	if set == nil {
		return nil
	}
	if t, lower := s.text(e); t != nil && !lower {
		return func(a *activation) answer { return answerOf(set[t(a)]) }
	}
	var parts []getter
	if !s.parts(e, &parts) {
		return nil
	}
	return func(a *activation) answer {
		b := a.scratch[:0]
		for _, t := range parts {
			b = append(b, t(a)...)
		}
		a.scratch = b
		return answerOf(set[string(b)])
	}
}

// parts takes apart texts that are joined by +.
func (s *sketcher) parts(e celast.Expr, parts *[]getter) bool {
	if e.Kind() == celast.CallKind && e.AsCall().FunctionName() == operators.Add {
		args := e.AsCall().Args()
		return s.parts(args[0], parts) && s.parts(args[1], parts)
	}
	if c, ok := literal(e); ok {
		*parts = append(*parts, func(*activation) string { return c })
		return true
	}
	t, lower := s.text(e)
	*parts = append(*parts, t)
	return t != nil && !lower
}

// list returns the values of a list of the rule or of the condition, nil if e is
// none.
func (s *sketcher) list(e celast.Expr) map[string]bool {
	if e.Kind() == celast.ListKind {
		set := map[string]bool{}
		for _, item := range e.AsList().Elements() {
			text, ok := literal(item)
			if !ok {
				return nil
			}
			set[text] = true
		}
		return set
	}
	info := s.refs[e.ID()]
	if info == nil {
		return nil
	}
	l, ok := s.lists[info.Name].(valueList)
	if !ok {
		return nil
	}
	return l.set
}
