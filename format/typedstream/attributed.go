package typedstream

import (
	"fmt"
	"iter"
	"unicode/utf8"
)

// Attributes that Messages puts on the text of a message, among others, with the
// classes of their values as observed. A run whose text is U+FFFC stands for the
// attachment of its file transfer.
const (
	AttributeLink         = "__kIMLinkAttributeName"                 // NSURL: where a link really leads
	AttributeFileTransfer = "__kIMFileTransferGUIDAttributeName"     // NSString: attachment.guid
	AttributeMention      = "__kIMMentionConfirmedMention"           // NSString: address of the person
	AttributeDataDetected = "__kIMDataDetectedAttributeName"         // NSData: keyed archive of a detector result
	AttributeMessagePart  = "__kIMMessagePartAttributeName"          // NSNumber: part of the message, from 0
	AttributeOneTimeCode  = "__kIMOneTimeCodeAttributeName"          // NSDictionary
	AttributeCalendar     = "__kIMCalendarEventAttributeName"        // NSData
	AttributeFilename     = "__kIMFilenameAttributeName"             // NSString
	AttributeDirection    = "__kIMBaseWritingDirectionAttributeName" // NSNumber
	AttributeBreadcrumb   = "__kIMBreadcrumbTextMarkerAttributeName" // NSString
)

// An AttributedString is a text and the attributes of its parts.
type AttributedString struct {
	Text string
	Runs []Run // in order of the text, without gaps
}

// A Run is a part of a text with the same attributes.
type Run struct {
	Start, End int         // bytes in the text
	Attributes []Attribute // in the order of the stream
}

// An Attribute is one attribute of a run.
type Attribute struct {
	Name  string
	Value Value // usually an Obj
}

// Get returns the value of an attribute of the run.
func (r Run) Get(name string) (Value, bool) {
	for _, a := range r.Attributes {
		if a.Name == name {
			return a.Value, true
		}
	}
	return Value{}, false
}

// ParseAttributedString reads a stream whose first object is an
// NSAttributedString, which the column attributedBody of sms.db holds. With an
// error it returns what could be read: all of the text unless the error lies
// within it, and the runs before the error.
func ParseAttributedString(data []byte) (AttributedString, error) {
	values, err := Decode(data)
	for _, v := range values {
		if v.Object.IsA("NSAttributedString") {
			s, runErr := v.Object.attributed()
			if err == nil {
				err = runErr
			}
			return s, err
		}
	}
	if err == nil {
		err = fmt.Errorf("read attributed string: no object of that class")
	}
	return AttributedString{}, err
}

// attributed reads the fields of an NSAttributedString: the string, then for
// each run its number of attribute dictionary (from 1) and its length in UTF-16
// units, with the dictionary where it is new.
func (o *Object) attributed() (AttributedString, error) {
	var s AttributedString
	if len(o.Values) == 0 {
		return s, fmt.Errorf("read attributed string: it is empty")
	}
	if str := o.Values[0].Object; str.IsA("NSString") {
		s.Text, _ = str.text()
	}
	var dicts [][]Attribute
	pos, rest := 0, o.Values[1:]
	for len(rest) >= 2 && rest[0].Kind == Int && rest[1].Kind == Int {
		number, length := rest[0].Int, rest[1].Int
		rest = rest[2:]
		if number == int64(len(dicts))+1 && len(rest) > 0 && rest[0].Kind == Obj {
			dicts = append(dicts, rest[0].Object.attributes())
			rest = rest[1:]
		}
		run := Run{Start: pos}
		pos = advance(s.Text, pos, length)
		run.End = pos
		if number >= 1 && number <= int64(len(dicts)) {
			run.Attributes = dicts[number-1]
		}
		s.Runs = append(s.Runs, run)
	}
	if len(rest) > 0 {
		return s, fmt.Errorf("read attributed string: value of kind %d at offset %d where a run belongs", rest[0].Kind, rest[0].Offset)
	}
	return s, nil
}

// advance returns the position that is a number of UTF-16 units behind pos.
func advance(text string, pos int, units int64) int {
	for units > 0 && pos < len(text) {
		r, size := utf8.DecodeRuneInString(text[pos:])
		if units--; r >= 0x10000 {
			units--
		}
		pos += size
	}
	return pos
}

// attributes reads a dictionary with strings as keys.
func (o *Object) attributes() []Attribute {
	var list []Attribute
	for k, v := range o.Entries() {
		list = append(list, Attribute{Name: k.Str(), Value: v})
	}
	return list
}

// Entries yields the keys and values of an NSDictionary in stream order. A value
// that is nil or missing has the kind [Nil].
func (o *Object) Entries() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		if !o.IsA("NSDictionary") {
			return
		}
		items := o.items()
		for len(items) > 0 {
			val := Value{}
			if len(items) > 1 {
				val = items[1]
			}
			if !yield(items[0], val) {
				return
			}
			items = items[min(2, len(items)):]
		}
	}
}

// Elems yields the elements of an NSArray or NSSet in stream order.
func (o *Object) Elems() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if !o.IsA("NSArray") && !o.IsA("NSSet") && !o.IsA("NSOrderedSet") {
			return
		}
		for _, v := range o.items() {
			if !yield(v) {
				return
			}
		}
	}
}

// items returns what follows the count of a collection.
func (o *Object) items() []Value {
	if len(o.Values) == 0 || o.Values[0].Kind != Int {
		return nil
	}
	return o.Values[1:]
}

// Str returns the text of a value: of a string, of an NSString and its
// subclasses, of an NSURL, or the name of a class. An NSURL with a base, which was
// not seen in messages, gives all its strings in stream order. It is "" for everything else.
func (v Value) Str() string { return v.str(MaxDepth) }

func (v Value) str(depth int) string {
	switch {
	case v.Kind == String, v.Kind == Class:
		return v.Text
	case v.Kind != Obj || depth == 0:
		return ""
	case v.Object.IsA("NSString"):
		s, _ := v.Object.text()
		return s
	case v.Object.IsA("NSAttributedString") && len(v.Object.Values) > 0:
		return v.Object.Values[0].str(depth - 1)
	case v.Object.IsA("NSURL"):
		s := ""
		for _, part := range v.Object.Values {
			s += part.str(depth - 1)
		}
		return s
	}
	return ""
}

// Num returns a whole number: an [Int] or the value of an NSNumber that holds
// one, and whether it is one.
func (v Value) Num() (int64, bool) {
	if v.Kind == Obj && v.Object.IsA("NSNumber") {
		for _, part := range v.Object.Values {
			if part.Kind == Int {
				return part.Int, true
			}
		}
	}
	return v.Int, v.Kind == Int
}

// Real returns a number of any kind, the value of an NSNumber, or the seconds
// since 2001-01-01 UTC of an NSDate, and whether it is one.
func (v Value) Real() (float64, bool) {
	if v.Kind == Obj && (v.Object.IsA("NSNumber") || v.Object.IsA("NSDate")) {
		for _, part := range v.Object.Values {
			if part.Kind == Float || part.Kind == Int {
				return part.Real()
			}
		}
	}
	if v.Kind == Int {
		return float64(v.Int), true
	}
	return v.Float, v.Kind == Float
}

// Bytes returns the content of [Data] or of an NSData. Do not change it.
func (v Value) Bytes() []byte {
	if v.Kind == Obj && v.Object.IsA("NSData") {
		for _, part := range v.Object.Values {
			if part.Kind == Data {
				return part.Data
			}
		}
	}
	return v.Data
}
