package rule

// words finds any of several words, in lower case, in a text of which the
// capitals of ASCII are taken as small letters.
type words struct {
	empty bool              // the empty word is in every text
	first [256]bool         // bytes that words begin with, small or capital
	pairs [1 << 10]bool     // by the hash of the first two bytes of a word
	by    map[byte][]string // by the first byte
}

func newWords(list []string) *words {
	w := &words{by: map[byte][]string{}}
	for _, s := range list {
		switch {
		case s == "":
			w.empty = true
			continue
		case len(s) == 1:
			for c := range 256 {
				w.pairs[pair(s[0], byte(c))] = true
			}
		default:
			w.pairs[pair(s[0], s[1])] = true
		}
		w.by[s[0]] = append(w.by[s[0]], s)
		for c := range 256 {
			w.first[c] = w.first[c] || small(byte(c)) == s[0]
		}
	}
	return w
}

func pair(a, b byte) int { return (int(a)<<5 ^ int(b)) & (1<<10 - 1) }

func small(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func (w *words) in(s string) bool {
	if w.empty || s == "" {
		return w.empty
	}
	for i := range len(s) {
		if !w.first[s[i]] {
			continue
		}
		c, next := small(s[i]), byte(0)
		if i+1 < len(s) {
			next = small(s[i+1])
		}
		if w.pairs[pair(c, next)] && w.at(s[i:], c) {
			return true
		}
	}
	return false
}

// at reports whether one of the words begins a text, whose first byte is c.
func (w *words) at(s string, c byte) bool {
	for _, word := range w.by[c] {
		if len(word) <= len(s) && folded(word, s) {
			return true
		}
	}
	return false
}

func folded(word, s string) bool {
	for i := range len(word) {
		if word[i] != small(s[i]) {
			return false
		}
	}
	return true
}
