package ips

import (
	"errors"
	"fmt"
	"io"
)

var errSyntax = errors.New("no JSON")

// maxDepth bounds the lists and objects around a value that is valid.
const maxDepth = 10000

// check reports where the form of a JSON value is damaged; err is nil if it is
// whole, and io.ErrUnexpectedEOF if the text ends within it. Words and numbers are
// only looked at by their letters. It is there since package encoding/json takes
// several times as long for it, and a phone has very many reports.
func check(v Value) (at int, err error) {
	var above []byte // lists and objects that are open
	i, key := 0, false
	for {
		i = spaces(v, i)
		if i >= len(v) {
			return i, io.ErrUnexpectedEOF
		}
		// a value or a key
		switch c := v[i]; {
		case c == '"':
			n := stringSize(v[i:])
			if i += n; n < 2 || v[i-1] != '"' {
				return i, io.ErrUnexpectedEOF
			}
			if key {
				if i = spaces(v, i); i >= len(v) {
					return i, io.ErrUnexpectedEOF
				}
				if v[i] != ':' {
					return i, errSyntax
				}
				i++
				key = false
				continue
			}
		case key:
			return i, errSyntax
		case c == '{' || c == '[':
			if len(above) == maxDepth {
				return i, errSyntax
			}
			next := spaces(v, i+1)
			if next < len(v) && v[next] == c+2 { // empty
				i = next + 1
				break
			}
			above = append(above, c)
			key = c == '{'
			i++
			continue
		default:
			n := i
			for i < len(v) && word[v[i]] {
				i++
			}
			if n == i {
				return i, errSyntax
			}
		}
		// what follows a value
		for {
			if len(above) == 0 {
				return i, nil
			}
			if i = spaces(v, i); i >= len(v) {
				return i, io.ErrUnexpectedEOF
			}
			open := above[len(above)-1]
			if v[i] == open+2 {
				above = above[:len(above)-1]
				i++
				continue
			}
			if v[i] != ',' {
				return i, errSyntax
			}
			key = open == '{'
			i++
			break
		}
	}
}

func spaces(v Value, i int) int {
	for i < len(v) && (v[i] == ' ' || v[i] == '\n' || v[i] == '\t' || v[i] == '\r') {
		i++
	}
	return i
}

// word are the bytes of numbers, true, false and null.
var word = func() (t [256]bool) {
	for _, c := range []byte("0123456789+-.Eetrufalsn") {
		t[c] = true
	}
	return t
}()

// brief returns the start of a text for an error.
func brief(s []byte) string { return fmt.Sprintf("%q", s[:min(len(s), 60)]) }
