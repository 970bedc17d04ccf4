package indicator

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vigie-project/vigie/detect"
)

// Limits of a file of indicators.
const (
	maxFile    = 4 << 30   // bytes that are read of a stream
	maxWhole   = 256 << 20 // bytes of a format that is read as a whole, or of one MISP event
	maxObject  = 16 << 20  // bytes of one STIX object
	maxObjects = 20_000_000
	maxDetails = 1_000_000 // distinct details
)

// Load reads a file of indicators: a STIX 2.0 or 2.1 bundle, a STIX 1 package, a
// MISP event, an OpenIOC definition, a list in text, CSV or YAML. Name is the
// name of the file; with lists, it says what they list. What cannot be used is
// in the report, and does not keep the rest from being used: the feed is never
// nil. The error says that reading stopped before the end, or that the format is
// unknown.
func Load(name string, r io.Reader, meta Meta) (*Feed, *Report, error) {
	base := path.Base(strings.ReplaceAll(name, "\\", "/"))
	if meta.Name == "" {
		meta.Name = base
	}
	h := sha256.New()
	limited := &io.LimitedReader{R: io.TeeReader(r, h), N: maxFile + 1}
	in := bufio.NewReaderSize(limited, 64<<10)
	l := &loader{
		feed:    &Feed{Meta: meta, revoked: map[string]time.Time{}},
		report:  &Report{Name: meta.Name, ByType: map[string]int{}},
		in:      in,
		name:    name,
		details: map[string]*Details{},
		seen:    map[string]bool{},
	}
	err := l.load()
	if _, rest := io.Copy(io.Discard, in); err == nil && rest != nil {
		err = rest
	}
	if limited.N <= 0 && err == nil {
		err = fmt.Errorf("file is longer than %d bytes", int64(maxFile))
	}
	l.report.Bytes = maxFile + 1 - limited.N
	l.report.SHA256 = hex.EncodeToString(h.Sum(nil))
	l.feed.SHA256 = l.report.SHA256
	l.feed.Format = l.report.Format
	l.count()
	if err != nil {
		err = fmt.Errorf("load indicators %s: %w", base, err)
	}
	return l.feed, l.report, err
}

// A loader reads one file.
type loader struct {
	feed    *Feed
	report  *Report
	in      *bufio.Reader
	name    string
	details map[string]*Details
	seen    map[string]bool // kinds and keys of lists, where repetition means nothing
}

// load recognises the format by its first bytes, and lists by the name.
func (l *loader) load() error {
	if head, _ := l.in.Peek(3); string(head) == "\xef\xbb\xbf" {
		l.in.Discard(3)
	}
	head, _ := l.in.Peek(4096)
	switch first := bytes.TrimLeft(head, " \t\r\n"); {
	case len(first) == 0:
		l.report.Format = "empty"
		return nil
	case first[0] == '{', first[0] == '[' && !bytes.HasPrefix(first, []byte("[.]")):
		return l.json()
	case first[0] == '<' && (bytes.HasPrefix(first, []byte("<?xml")) || bytes.Contains(first, []byte("<ioc")) || bytes.Contains(first, []byte("STIX_Package")) || bytes.Contains(first, []byte("<OpenIOC"))):
		return l.xml()
	case bytes.IndexByte(head, 0) >= 0:
		return fmt.Errorf("neither JSON nor XML nor text")
	}
	switch ext := strings.ToLower(path.Ext(l.name)); {
	case ext == ".yaml" || ext == ".yml" || looksLikeYAML(head):
		return l.yaml()
	case ext == ".csv" || ext == ".tsv":
		return l.csv()
	}
	return l.lines()
}

func looksLikeYAML(head []byte) bool {
	s := string(head)
	return strings.HasPrefix(s, "---") || strings.HasPrefix(s, "- ") && strings.Contains(s, ": ") ||
		strings.HasPrefix(strings.TrimLeft(s, " "), "-\n") && strings.Contains(s, ": ")
}

// An allowance stops a reader after some bytes, so that a decoder cannot be made
// to hold more than that in memory at once.
type allowance struct {
	r    io.Reader
	left int64
}

// Read implements [io.Reader].
func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, errors.New("one object is too long")
	}
	n, err := a.r.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	return n, err
}

// whole reads the rest of the file, for formats that cannot be streamed.
func (l *loader) whole() ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(l.in, maxWhole+1))
	if err == nil && len(data) > maxWhole {
		return data[:0], fmt.Errorf("file of this format is longer than %d bytes", maxWhole)
	}
	return data, err
}

// value adds an indicator of a list. The ID is its place. Lists repeat values;
// the first one counts. Limit is the highest grade that it justifies, 0 for any.
func (l *loader) value(kind Kind, value, place string, d *Details, limit detect.Grade) {
	in := Indicator{ID: place, Cap: limit, Details: d}
	if err := in.set(kind, value); err != nil {
		l.report.note(Refused, err.Error(), place+": "+value)
		return
	}
	key := strconv.Itoa(int(in.Kind)) + in.key
	if l.seen[key] {
		l.report.note(Ignored, "repeated value", place+": "+value)
		return
	}
	l.seen[key] = true
	if in.ExactOf {
		l.report.note(Noted, noteExact, place+": "+value)
	}
	l.add(in)
}

const noteExact = "a name that others register below, or of one label: only the name itself matches"

func (l *loader) add(in Indicator) {
	if in.Details == nil {
		in.Details = l.intern(Details{})
	}
	l.feed.Indicators = append(l.feed.Indicators, in)
}

func (l *loader) count() {
	l.report.Accepted = len(l.feed.Indicators)
	for i := range l.feed.Indicators {
		l.report.ByType[l.feed.Indicators[i].Type()]++
	}
	l.report.sort()
}

// intern returns one copy of equal details.
func (l *loader) intern(d Details) *Details {
	d.Description = shorten(strings.ToValidUTF8(d.Description, "\ufffd"))
	key := strings.Join([]string{d.Threat, d.Description, strings.Join(d.Types, "\x01"), strconv.Itoa(d.Confidence),
		strings.Join(d.Refs, "\x01")}, "\x00")
	if have, ok := l.details[key]; ok {
		return have
	}
	out := &d
	if len(l.details) < maxDetails {
		l.details[key] = out
	}
	return out
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// digest16 returns 16 bytes that stand for an ID.
func digest16(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:16]
}
