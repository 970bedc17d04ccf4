package from

import (
	"strings"

	"github.com/vigie-project/vigie/format/daemonlog"
	"github.com/vigie-project/vigie/record"
)

// DaemonLog parses a text log of a daemon of iOS. row gives the record of an entry.
func DaemonLog[D record.Data](row func(daemonlog.Entry) D) Parse {
	return Decoded(daemonlog.Decode, func(e daemonlog.Entry) (record.Origin, record.Data) {
		return record.Origin{Row: int64(e.Line), Offset: e.Offset}, row(e)
	})
}

// LogTime returns the time of an entry: what the clock of the phone showed or, if the
// log has offsets from UTC, the instant. The other of both is zero.
func LogTime(e daemonlog.Entry) (record.WallTime, record.Time) {
	switch {
	case e.Time.IsZero():
		return record.WallTime{}, record.Time{}
	case e.Zoned:
		return record.WallTime{}, record.Time{Time: e.Time.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
	}
	return record.WallTime{Time: e.Time}, record.Time{}
}

// LogValues returns the values of an entry that is a block, and those of the
// property list that ends its message; a list that cannot be read as text.
func LogValues(e daemonlog.Entry) (kvs []record.KV, unread record.Text) {
	for _, p := range e.Pairs {
		kvs = append(kvs, record.KV(p))
	}
	if e.Plist == "" {
		return kvs, ""
	}
	leaves, err := Blob([]byte(e.Plist))
	if err != nil {
		return kvs, record.Text(e.Plist)
	}
	return append(kvs, leaves...), ""
}

// LogText returns the message of an entry, or the title of a block.
func LogText(e daemonlog.Entry) record.Text {
	if e.Title == "" {
		return record.Text(e.Message)
	}
	return record.Text(strings.TrimSpace(e.Title + "\n" + e.Message))
}

// maxWords bounds the identifiers, and the paths, that [Words] finds.
const maxWords = 32

// Words finds the words of a text that have the form of a bundle identifier, and
// those that are absolute paths, each once and the first 32 of each kind. A path
// that holds a blank ends there.
func Words(text string) (apps []record.App, paths []record.Path) {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" \t\n\"'()[]<>{},;=|", r) }) {
		word = strings.Trim(word, ".:")
		switch {
		case strings.HasPrefix(word, "/") && strings.Count(word, "/") > 1:
			paths = addWord(paths, record.Path(word))
		case IsBundle(word):
			apps = addWord(apps, record.App(word))
		}
	}
	return apps, paths
}

func addWord[S ~string](list []S, word S) []S {
	if len(list) == maxWords {
		return list
	}
	for _, w := range list {
		if w == word {
			return list
		}
	}
	return append(list, word)
}

// IsBundle reports whether a word has the form of a bundle identifier: at least
// three names with dots between. Names of hosts can have it too.
func IsBundle(word string) bool {
	if strings.Count(word, ".") < 2 || strings.Contains(word, "..") || word[0] < 'A' || strings.HasSuffix(word, ".") {
		return false
	}
	for i := 0; i < len(word); i++ {
		if c := word[i]; c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
