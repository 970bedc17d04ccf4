package rule

import (
	"maps"
	"regexp/syntax"
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// within tests what a text contains, begins or ends with.
func (s *sketcher) within(function string, target, arg celast.Expr) quick {
	c, ok := literal(arg)
	t, lower := s.text(target)
	if !ok || t == nil || lower && (function != "contains" || hasUpper(c)) {
		return nil
	}
	switch {
	case function == "contains" && lower:
		w := newWords([]string{c})
		return func(a *activation) answer { return answerOf(w.in(t(a))) }
	case function == "contains":
		return func(a *activation) answer { return answerOf(strings.Contains(t(a), c)) }
	case function == "startsWith":
		return func(a *activation) answer { return answerOf(strings.HasPrefix(t(a), c)) }
	case function == "endsWith":
		return func(a *activation) answer { return answerOf(strings.HasSuffix(t(a), c)) }
	}
	parts := required(c)
	if len(parts) == 0 {
		return nil
	}
	return func(a *activation) answer {
		s := t(a)
		for _, part := range parts {
			i := strings.Index(s, part)
			if i < 0 {
				return no
			}
			s = s[i+len(part):]
		}
		return unknown
	}
}

// required returns texts that whatever a pattern matches contains, one after
// the other.
func required(pattern string) (texts []string) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	re = re.Simplify()
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	for _, p := range parts {
		if p.Op != syntax.OpLiteral {
			continue
		}
		s := string(p.Rune)
		if p.Flags&syntax.FoldCase != 0 && strings.ToUpper(s) != strings.ToLower(s) || !plain(s) {
			continue
		}
		texts = append(texts, s)
	}
	return texts
}

// exists tests list.exists(v, text.contains(v)) of a text in lower case, and
// list.exists(v, text.startsWith(v)).
func (s *sketcher) exists(c celast.ComprehensionExpr) quick {
	set := s.list(c.IterRange())
	if set == nil || c.AccuInit().Kind() != celast.LiteralKind || c.AccuInit().AsLiteral() != types.False || c.LoopStep().Kind() != celast.CallKind {
		return nil
	}
	step := c.LoopStep().AsCall()
	if step.FunctionName() != operators.LogicalOr || c.Result().Kind() != celast.IdentKind {
		return nil
	}
	body := step.Args()[1]
	if body.Kind() != celast.CallKind || !body.AsCall().IsMemberFunction() || len(body.AsCall().Args()) != 1 {
		return nil
	}
	call := body.AsCall()
	if arg := call.Args()[0]; arg.Kind() != celast.IdentKind || arg.AsIdent() != c.IterVar() {
		return nil
	}
	t, lower := s.text(call.Target())
	switch name := call.FunctionName(); {
	case t == nil:
		return nil
	case name == "startsWith" && !lower:
		return begins(t, set)
	case name != "contains" || !lower:
		return nil
	}
	var list []string
	for w := range set {
		if !plain(w) {
			return nil
		}
		if !hasUpper(w) { // or it is not in a text in lower case
			list = append(list, w)
		}
	}
	w := newWords(list)
	return func(a *activation) answer { return answerOf(w.in(t(a))) }
}

// begins tests whether a text begins with one of a set.
func begins(t func(*activation) string, set map[string]bool) quick {
	list := slices.Sorted(maps.Keys(set))
	return func(a *activation) answer {
		text := t(a)
		return answerOf(slices.ContainsFunc(list, func(w string) bool { return strings.HasPrefix(text, w) }))
	}
}

func hasUpper(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return 'A' <= r && r <= 'Z' }) >= 0
}
