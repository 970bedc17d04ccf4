package sqlite

import "strings"

// tokenKind is the class of a token of SQL.
type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokWord             // unquoted: a keyword or a name
	tokName             // quoted by ", ` or []
	tokString           // quoted by '
	tokNumber
	tokBlob  // x'…', text holds the hexadecimal digits
	tokPunct // one other character
)

// token is a token of SQL. Text is unquoted.
type token struct {
	kind tokenKind
	text string
}

// is reports whether the token is an unquoted word or punctuation, in any case.
func (t token) is(s string) bool {
	return (t.kind == tokWord || t.kind == tokPunct) && strings.EqualFold(t.text, s)
}

// name reports whether the token can name a table, a column or a type.
func (t token) name() bool {
	return t.kind == tokWord || t.kind == tokName || t.kind == tokString
}

// lexer cuts SQL into tokens, without comments and space.
type lexer struct {
	s    string
	i    int
	tok  token
	peek token // the token after tok
}

// newLexer returns a lexer that stands on the first token.
func newLexer(s string) *lexer {
	l := &lexer{s: s}
	l.next()
	l.next()
	return l
}

// next moves to the next token.
func (l *lexer) next() {
	l.tok, l.peek = l.peek, l.scan()
}

// skip moves on if the token is the given word, and reports whether it was.
func (l *lexer) skip(word string) bool {
	if l.tok.is(word) {
		l.next()
		return true
	}
	return false
}

// group skips a parenthesis with all that it contains, and returns its tokens.
func (l *lexer) group() []token {
	var in []token
	for depth := 0; l.tok.kind != tokEnd; l.next() {
		if l.tok.is("(") {
			if depth++; depth == 1 {
				continue
			}
		}
		if l.tok.is(")") {
			if depth--; depth == 0 {
				l.next()
				break
			}
		}
		in = append(in, l.tok)
	}
	return in
}

func (l *lexer) scan() token {
	l.space()
	if l.i >= len(l.s) {
		return token{}
	}
	c, rest := l.s[l.i], l.s[l.i:]
	switch {
	case c == '\'':
		return l.quoted(tokString, '\'')
	case c == '"' || c == '`':
		return l.quoted(tokName, c)
	case c == '[':
		n := strings.IndexByte(rest, ']')
		if n < 0 {
			n = len(rest)
		}
		l.i += min(n+1, len(rest))
		return token{tokName, rest[1:n]}
	case (c == 'x' || c == 'X') && len(rest) > 1 && rest[1] == '\'':
		l.i++
		t := l.quoted(tokBlob, '\'')
		return t
	case isDigit(c) || c == '.' && len(rest) > 1 && isDigit(rest[1]):
		n := 1
		for n < len(rest) && (isWord(rest[n]) || rest[n] == '.' ||
			(rest[n] == '+' || rest[n] == '-') && (rest[n-1] == 'e' || rest[n-1] == 'E') && !isHex(rest)) {
			n++
		}
		l.i += n
		return token{tokNumber, rest[:n]}
	case isWord(c):
		n := 1
		for n < len(rest) && isWord(rest[n]) {
			n++
		}
		l.i += n
		return token{tokWord, rest[:n]}
	}
	l.i++
	return token{tokPunct, rest[:1]}
}

// space skips white space and comments.
func (l *lexer) space() {
	for l.i < len(l.s) {
		rest := l.s[l.i:]
		switch {
		case strings.IndexByte(" \t\n\v\f\r", rest[0]) >= 0:
			l.i++
		case strings.HasPrefix(rest, "--"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			l.i += n
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				n = len(rest) - 4
			}
			l.i += n + 4
		default:
			return
		}
	}
}

// quoted reads a token in which the quote is doubled where it is meant.
func (l *lexer) quoted(kind tokenKind, q byte) token {
	start := l.i + 1
	doubled := false
	for i := start; i < len(l.s); i++ {
		if l.s[i] != q {
			continue
		}
		if i+1 < len(l.s) && l.s[i+1] == q {
			doubled = true
			i++
			continue
		}
		l.i = i + 1
		text := l.s[start:i]
		if doubled {
			text = strings.ReplaceAll(text, string([]byte{q, q}), string(q))
		}
		return token{kind, text}
	}
	l.i = len(l.s)
	return token{kind, l.s[min(start, len(l.s)):]}
}

func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}

func isHex(s string) bool { return len(s) > 1 && (s[1] == 'x' || s[1] == 'X') }
