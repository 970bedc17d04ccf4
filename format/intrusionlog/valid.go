package intrusionlog

// What a byte may be, outside and inside strings.
const (
	blank  = 1 << iota // between the parts of JSON
	ends               // after a number or a name
	plain              // itself, in a string
	number             // in a number
)

var structure = func() (t [256]uint8) {
	for c := range 256 {
		if c >= ' ' && c != '"' && c != '\\' {
			t[c] |= plain
		}
	}
	for _, c := range []byte(" \t\r\n") {
		t[c] |= blank | ends
	}
	for _, c := range []byte(",:}]") {
		t[c] |= ends
	}
	for _, c := range []byte("+-.0123456789eE") {
		t[c] |= number
	}
	return t
}()

// A checker checks JSON in one pass. It takes nothing for valid that
// encoding/json does not, nor what nests deeper than maxDepth.
type checker struct {
	b []byte
	i int
}

// valid reports whether b is one value of JSON that nests no deeper than maxDepth.
func valid(b []byte) bool {
	c := checker{b: b}
	if !c.value(0) {
		return false
	}
	c.skip()
	return c.i == len(b)
}

// skip goes to the next byte that is no blank, and returns it, 0 at the end.
func (c *checker) skip() byte {
	for ; c.i < len(c.b); c.i++ {
		if structure[c.b[c.i]]&blank == 0 {
			return c.b[c.i]
		}
	}
	return 0
}

// value checks a value within depth others.
func (c *checker) value(depth int) bool {
	switch first := c.skip(); first {
	case '"':
		return c.text()
	case '{', '[':
		return depth < maxDepth && c.list(depth+1, first)
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	return c.number()
}

// list checks an object or an array.
func (c *checker) list(depth int, open byte) bool {
	c.i++
	end := open + 2 // of both kinds
	if c.skip() == end {
		c.i++
		return true
	}
	for {
		if open == '{' {
			if c.skip() != '"' || !c.text() || c.skip() != ':' {
				return false
			}
			c.i++
		}
		if !c.value(depth) {
			return false
		}
		switch c.skip() {
		case ',':
			c.i++
		case end:
			c.i++
			return true
		default:
			return false
		}
	}
}

func (c *checker) word(w string) bool {
	if len(c.b)-c.i < len(w) || string(c.b[c.i:c.i+len(w)]) != w {
		return false
	}
	c.i += len(w)
	return true
}

// text checks a string.
func (c *checker) text() bool {
	b := c.b
	for i := c.i + 1; i < len(b); i++ {
		if structure[b[i]]&plain != 0 {
			continue
		}
		switch b[i] {
		case '"':
			c.i = i + 1
			return true
		case '\\':
			if i++; i == len(b) {
				return false
			}
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if len(b)-i < 5 || !hexadecimal(b[i+1:i+5]) {
					return false
				}
				i += 4
			default:
				return false
			}
		default:
			return false
		}
	}
	return false
}

func hexadecimal(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// number checks a number: a sign, digits without a zero before others, a
// fraction, an exponent.
func (c *checker) number() bool {
	begin := c.i
	for c.i < len(c.b) && structure[c.b[c.i]]&number != 0 {
		c.i++
	}
	b := c.b[begin:c.i]
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	n := run(b)
	if n == 0 || n > 1 && b[0] == '0' {
		return false
	}
	if b = b[n:]; len(b) > 0 && b[0] == '.' {
		if n = run(b[1:]); n == 0 {
			return false
		}
		b = b[1+n:]
	}
	if len(b) > 0 && b[0]|0x20 == 'e' {
		if b = b[1:]; len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		if n = run(b); n == 0 {
			return false
		}
		b = b[n:]
	}
	return len(b) == 0
}

// run returns how many digits text begins with.
func run(b []byte) int {
	for i, c := range b {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(b)
}
