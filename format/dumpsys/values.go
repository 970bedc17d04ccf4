package dumpsys

import (
	"iter"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a clock value as services print it: "2031-02-03 10:20:30.456",
// with T instead of the space, "2031-02-03-10-20-30", or "02-03 10:20:30.456",
// whose year is then 0. It has no zone.
func ParseTime(s string) (time.Time, bool) {
	layout := time.DateTime
	switch {
	case len(s) < 14:
		return time.Time{}, false
	case s[2] == '-':
		layout = "01-02 15:04:05"
	case len(s) > 10 && s[10] == 'T':
		layout = "2006-01-02T15:04:05"
	case len(s) > 10 && s[10] == '-':
		layout, s = "2006-01-02-15-04-05", s[:min(len(s), len("2006-01-02-15-04-05"))]
	}
	t, err := time.Parse(layout, s)
	return t, err == nil
}

// maxDays limits a duration, so that two of them fit in one.
const maxDays = 50_000

// ParseDuration reads a duration as services print it: "+1d2h3m4s5ms", "-312ms",
// "11d 12h 30m 0s 400ms", "0". Its sign is kept: times are told relative to the
// dump.
func ParseDuration(s string) (time.Duration, bool) {
	if s == "0" {
		return 0, true
	}
	sign := time.Duration(1)
	if s != "" && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	units := map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second, "ms": time.Millisecond, "us": time.Microsecond}
	var sum time.Duration
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		n, err := strconv.ParseInt(s[:digits], 10, 64)
		letters := len(s[digits:]) - len(strings.TrimLeft(s[digits:], "dhmsu"))
		unit := units[s[digits:digits+letters]]
		if err != nil || unit == 0 || n > int64(maxDays*24*time.Hour/unit) {
			return 0, false
		}
		if sum += time.Duration(n) * unit; sum > maxDays*24*time.Hour {
			return 0, false
		}
		s = s[digits+letters:]
	}
	return sign * sum, true
}

// Field splits "key=value" or "key: value" at the first of the two. The value is
// all that follows.
func Field(text string) (key, value string, ok bool) {
	i := strings.IndexAny(text, "=:")
	if i <= 0 {
		return "", "", false
	}
	return strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:]), true
}

// Pairs yields the "key=value" of a line, separated by spaces or commas. A value
// in brackets, braces, parentheses or quotes is one value, with what encloses it
// but quotes. Words without "=" have an empty key.
func Pairs(text string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for {
			text = strings.TrimLeft(text, " ,\t")
			if text == "" {
				return
			}
			i := strings.IndexAny(text, " =,\"[{(")
			if i < 0 || text[i] != '=' {
				n := extent(text)
				if !yield("", text[:n]) {
					return
				}
				text = text[n:]
				continue
			}
			key := text[:i]
			text = text[i+1:]
			n := extent(text)
			if !yield(key, strings.Trim(text[:n], `"`)) {
				return
			}
			text = text[n:]
		}
	}
}

// extent returns how long the value at the start of text is.
func extent(text string) int {
	depth, quoted := 0, false
	for i := range len(text) {
		switch b := text[i]; {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '[' || b == '{' || b == '(':
			depth++
		case b == ']' || b == '}' || b == ')':
			if depth > 0 {
				depth--
			}
		case depth == 0 && (b == ' ' || b == '\t' || b == ','):
			return max(i, 1)
		}
	}
	return len(text)
}

// Get returns the value of a key of [Pairs], or "".
func Get(text, key string) string {
	for k, v := range Pairs(text) {
		if k == key {
			return v
		}
	}
	return ""
}

// List returns the words of a list in brackets or braces: "[ A B ]", "{a, b}".
func List(text string) []string {
	return strings.FieldsFunc(strings.Trim(text, "[]{}() "), func(r rune) bool { return r == ' ' || r == ',' || r == '|' })
}

// Between returns what stands between two texts, or "".
func Between(text, open, shut string) string {
	_, rest, ok := strings.Cut(text, open)
	inner, _, ok2 := strings.Cut(rest, shut)
	if !ok || !ok2 {
		return ""
	}
	return inner
}

// number reads a decimal number or one with 0x; it is 0 if the text is none.
func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 0, 64)
	return n
}

// integer reads a decimal number; it is -1 if the text is none.
func integer(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// null returns "" for "null".
func null(s string) string {
	if s == "null" {
		return ""
	}
	return s
}

// clock reads a time; it is zero if the text is none.
func clock(s string) time.Time {
	t, _ := ParseTime(s)
	return t
}

// span reads a duration; it is 0 if the text is none.
func span(s string) time.Duration {
	d, _ := ParseDuration(s)
	return d
}
