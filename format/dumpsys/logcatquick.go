package dumpsys

import "bytes"

// IsEvent reports whether events of a tag are decoded by [LogEntry.Event].
func IsEvent(tag []byte) bool { return eventForms[string(tag)] != nil }

// quickEntry splits a line of the format threadtime without allocating, so that
// lines that nobody wants cost little: logs are the largest part of a bug report.
// ok is false for all other lines, also for some that [logEntry] reads; a line that
// it splits logEntry reads as well.
func quickEntry(line []byte) (priority byte, tag, message []byte, ok bool) {
	if len(line) > 23 && line[4] == '-' && line[0] != '0' && isNumber(line[:4]) {
		line = line[5:]
	}
	if len(line) < 25 || !quickStamp(line[:19]) {
		return 0, nil, nil, false
	}
	first, rest, ok1 := quickWord(line[18:])
	second, rest, ok2 := quickWord(rest)
	third, rest, ok3 := quickWord(rest)
	if !ok1 || !ok2 || !ok3 || first[0] == '+' || first[0] == '-' || len(first) > 1 && first[1] == '/' {
		return 0, nil, nil, false
	}
	if !isPriority(third) { // the first is the user
		first = second
		second = third
		if third, rest, ok = quickWord(rest); !ok || !isPriority(third) {
			return 0, nil, nil, false
		}
	}
	if !isNumber(first) || !isNumber(second) {
		return 0, nil, nil, false
	}
	i := bytes.Index(rest, []byte(": "))
	switch {
	case i >= 0:
		message = rest[i+2:]
	case len(rest) > 0 && rest[len(rest)-1] == ':':
		i = len(rest) - 1
	default:
		return 0, nil, nil, false
	}
	return third[0], bytes.TrimRight(rest[:i], " "), message, true
}

// quickStamp reports whether a text is "02-03 10:20:30.456 ".
func quickStamp(s []byte) bool {
	for _, i := range [...]int{0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 17} {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	month, day := two(0), two(3)
	return s[2] == '-' && s[5] == ' ' && s[8] == ':' && s[11] == ':' && s[14] == '.' && s[18] == ' ' &&
		month >= 1 && month <= 12 && day >= 1 && day <= 31 && two(6) <= 23 && two(9) <= 59 && two(12) <= 60
}

// quickWord returns the next word, which spaces surround.
func quickWord(s []byte) (word, rest []byte, ok bool) {
	s = bytes.TrimLeft(s, " ")
	i := bytes.IndexByte(s, ' ')
	if i <= 0 {
		return nil, nil, false
	}
	for rest = s[i+1:]; len(rest) > 0 && rest[0] == ' '; {
		rest = rest[1:]
	}
	return s[:i], rest, true
}

func isPriority(word []byte) bool {
	return len(word) == 1 && bytes.IndexByte([]byte("VDIWEFSA"), word[0]) >= 0
}

// isNumber reports whether a word is a number of one to nine digits.
func isNumber(word []byte) bool {
	for _, c := range word {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(word) > 0 && len(word) < 10
}
