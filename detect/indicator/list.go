package indicator

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/detect"
)

// maxLine bounds a line of a list, in bytes.
const maxLine = 1 << 20

// hints maps words in the name of a file, a column or a key to kinds, the more
// telling ones first.
var hints = []struct {
	word string
	kind Kind
}{
	{"cert", Certificate}, {"package", App}, {"bundle_id", App}, {"bundle", App}, {"app_id", App}, {"application", App},
	{"profile", Profile}, {"propert", Property}, {"process", Process}, {"path", Path}, {"sha", Hash}, {"md5", Hash},
	{"hash", Hash}, {"email", Email}, {"mail", Email}, {"url", URL}, {"link", URL}, {"phone", Phone}, {"domain", Domain},
	{"host", Domain}, {"website", Domain}, {"c2", Domain}, {"ip", Address}, {"file", FileName},
}

// hinted returns the kind that a name speaks of, 0 if none.
func hinted(name string) Kind {
	name = strings.NewReplacer("-", "_", " ", "_", ".", "_").Replace(strings.ToLower(name))
	for _, h := range hints {
		if h.word == "ip" || h.word == "sha" || h.word == "file" || h.word == "c2" {
			for _, w := range strings.Split(name, "_") {
				if w == h.word || w == h.word+"s" || h.word == "sha" && strings.HasPrefix(w, "sha") {
					return h.kind
				}
			}
			continue
		}
		if strings.Contains(name, h.word) {
			return h.kind
		}
	}
	return 0
}

// hinted returns what the name of the file says that it lists.
func (l *loader) hinted() Kind {
	return hinted(strings.TrimSuffix(path.Base(strings.ReplaceAll(l.name, "\\", "/")), path.Ext(l.name)))
}

// lines reads a list of one value a line, with comments, and hosts files.
func (l *loader) lines() error {
	l.report.Format = "list"
	kind := l.hinted()
	sc := bufio.NewScanner(l.in)
	sc.Buffer(make([]byte, 0, 64<<10), maxLine)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" {
			continue
		}
		l.report.Objects++
		place := "line " + strconv.Itoa(n)
		switch line[0] {
		case '#', ';', '!':
			l.report.note(Ignored, "comment", "")
			continue
		}
		if i := strings.Index(line, " #"); i > 0 {
			line = strings.TrimSpace(line[:i])
		}
		if f := strings.Fields(line); len(f) == 2 && (f[0] == "0.0.0.0" || f[0] == "127.0.0.1" || f[0] == "::1") {
			line = f[1]
		}
		l.sniffed(kind, strings.Trim(line, "\"'`,"), place, l.intern(Details{}), 0)
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("read line after %d: %w", l.report.Objects, err)
	}
	return nil
}

// sniffed adds a value of a kind that is known, or guessed by its shape. A shape
// that leaves no doubt outweighs the name of the list.
func (l *loader) sniffed(kind Kind, value, place string, d *Details, limit detect.Grade) {
	if kind == 0 {
		var err error
		if kind, err = guess(value); err != nil {
			l.report.note(Refused, err.Error(), place+": "+value)
			return
		}
	}
	switch kind {
	case Domain, Address, URL:
		if g, err := guess(value); err == nil && (g == Hash || g == Email || g == Path || g == Address || g == Domain && kind == Address) {
			kind = g
		}
	case FileName:
		if strings.HasPrefix(value, "/") {
			kind = Path
		}
	}
	l.value(kind, value, place, d, limit)
}

// csv reads a table: one with the columns of MISP, one with columns that name
// their kind, or a list.
func (l *loader) csv() error {
	l.report.Format = "CSV"
	first, _ := l.in.Peek(4096)
	r := csv.NewReader(&allowance{l.in, maxWhole})
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord, r.TrimLeadingSpace = -1, true, true, true
	if line, _, _ := strings.Cut(string(first), "\n"); !strings.Contains(line, ",") {
		if strings.Contains(line, ";") {
			r.Comma = ';'
		} else if strings.Contains(line, "\t") {
			r.Comma = '\t'
		}
	}
	var columns map[string]int
	var kinds []Kind
	for {
		row, err := r.Read()
		if err == io.EOF {
			return nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			l.report.Objects++
			l.report.note(Refused, "line of CSV cannot be read", "line "+strconv.Itoa(bad.Line))
			continue
		}
		if err != nil {
			return fmt.Errorf("read CSV: %w", err)
		}
		line, _ := r.FieldPos(0)
		if columns == nil && kinds == nil {
			if columns, kinds = header(row); columns != nil || kinds != nil {
				continue
			}
			kinds = []Kind{l.hinted()}
		}
		l.report.Objects++
		l.row(row, columns, kinds, "line "+strconv.Itoa(line))
	}
}

// header recognises a line of titles: columns by name for the form of MISP, or
// the kind of each column.
func header(row []string) (columns map[string]int, kinds []Kind) {
	columns = map[string]int{}
	known := false
	for i, title := range row {
		title = strings.ToLower(strings.TrimSpace(title))
		columns[title] = i
		k := Kind(0)
		if g, err := guess(title); err != nil || g == 0 {
			k = hinted(title)
		}
		known = known || k != 0
		kinds = append(kinds, k)
	}
	_, typ := columns["type"]
	_, value := columns["value"]
	switch {
	case typ && value:
		return columns, nil
	case known:
		return columns, kinds
	}
	return nil, nil
}

func (l *loader) row(row []string, columns map[string]int, kinds []Kind, place string) {
	cell := func(title string) string {
		if i, ok := columns[title]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	if kinds == nil {
		id := cell("uuid")
		if id == "" {
			id = place
		}
		l.mispValue(cell("type"), cell("value"), id, clip(cell("comment"), maxShown), cell("to_ids") != "0", Details{})
		return
	}
	d := Details{Threat: firstOf(cell("malware family"), cell("family"), cell("malware"), cell("app"), cell("threat"), cell("campaign")),
		Description: firstOf(cell("description"), cell("comment"), cell("note"))}
	used := false
	for i, v := range row {
		v = strings.TrimSpace(v)
		if v == "" || i >= len(kinds) || kinds[i] == 0 && len(kinds) > 1 {
			continue
		}
		used = true
		at := place
		if len(kinds) > 1 {
			at += " column " + strconv.Itoa(i+1)
		}
		l.sniffed(kinds[i], v, at, l.intern(d), 0)
	}
	if !used {
		l.report.note(Ignored, "line without a value", place)
	}
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return clip(v, maxNames)
		}
	}
	return ""
}
