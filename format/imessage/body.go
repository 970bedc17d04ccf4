package imessage

import (
	"fmt"

	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/typedstream"
)

// A Body is the text of a message with what Messages knows about its parts.
type Body struct {
	Text  string
	Spans []Span // in order of the text; empty for archives of other forms
}

// A Span is a stretch of text with the same attributes.
type Span struct {
	Start, End   int    // bytes in the text
	Part         int    // part of the message, from 0; -1 if not recorded
	Link         string // where it leads, which the text need not show
	FileTransfer string // attachment.guid
	Mention      string // address of the person
	Detected     *Detected
	Attributes   []string // names of all attributes
}

// Detected is what a data detector recognised in a text.
type Detected struct {
	Type string // such as "HttpURL", "PhoneNumber", "FullDate"
	Text string // the matching text
}

// ParseBody decodes attributedBody of a message: a typed stream, or a keyed
// archive of an NSAttributedString. With an error it returns what could be
// read; the text is complete unless the error lies within it.
func ParseBody(data []byte) (Body, error) {
	if plist.Detect(data) == plist.Binary {
		return archivedBody(data)
	}
	s, err := typedstream.ParseAttributedString(data)
	b := Body{Text: s.Text}
	for _, run := range s.Runs {
		span, spanErr := span(run)
		if spanErr != nil && err == nil {
			err = spanErr
		}
		b.Spans = append(b.Spans, span)
	}
	if err != nil && b.Text == "" {
		if text, textErr := typedstream.Text(data); text != "" {
			b.Text, err = text, textErr
		}
	}
	if err != nil {
		return b, fmt.Errorf("parse message body: %w", err)
	}
	return b, nil
}

// archivedBody reads a body that is a keyed archive.
func archivedBody(data []byte) (Body, error) {
	a, err := keyedarchive.Parse(data)
	if err != nil {
		return Body{}, fmt.Errorf("parse message body: %w", err)
	}
	root := a.Root()
	if !root.IsA("NSAttributedString") && !root.Get("NSString").Exists() {
		return Body{}, fmt.Errorf("parse message body: archive of class %.60q", root.Class())
	}
	return Body{Text: root.Text()}, nil
}

// span translates the attributes of a run.
func span(run typedstream.Run) (Span, error) {
	s := Span{Start: run.Start, End: run.End, Part: -1}
	var err error
	for _, a := range run.Attributes {
		s.Attributes = append(s.Attributes, a.Name)
		switch a.Name {
		case typedstream.AttributeMessagePart:
			if n, ok := a.Value.Num(); ok {
				s.Part = int(n)
			}
		case typedstream.AttributeLink:
			s.Link = a.Value.Str()
		case typedstream.AttributeFileTransfer:
			s.FileTransfer = a.Value.Str()
		case typedstream.AttributeMention:
			s.Mention = a.Value.Str()
		case typedstream.AttributeDataDetected:
			s.Detected, err = detected(a.Value.Bytes())
		}
	}
	return s, err
}

// detected reads the archive of a DDScannerResult: T is its type and MS the
// matched string.
func detected(data []byte) (*Detected, error) {
	a, err := keyedarchive.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read detected data: %w", err)
	}
	result := a.Top("dd-result")
	if !result.Exists() {
		result = a.Root()
	}
	return &Detected{Type: result.Get("T").Text(), Text: result.Get("MS").Text()}, nil
}
