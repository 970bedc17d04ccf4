package plist

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A builder turns XML tokens into a tree. Its own stack is bounded, so hostile
// nesting costs a counter.
type builder struct {
	doc   *document
	dec   *xml.Decoder
	at    uint32   // offset of the current token
	open  []frame  // containers that are not closed yet
	kids  []uint32 // children of the open containers, innermost last
	text  []byte   // of the scalar that is open
	root  uint32
	rooty bool // the root was seen
	plist bool // a plist element was opened
}

// A frame is an open container.
type frame struct {
	name string
	node uint32
	kids int  // where its children begin in builder.kids
	key  bool // dict: a key waits for its value
}

var (
	errNoValue = errors.New("no value")
	errEnd     = errors.New("end")
)

// parseXML reads an XML list. With an error it returns what came before it.
func parseXML(text string) (Value, error) {
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	b := &builder{doc: &document{xml: &tree{texts: []string{""}}}, dec: dec}
	err := b.run()
	for len(b.open) > 0 {
		b.closeContainer()
	}
	if !b.rooty {
		if err == nil {
			err = errNoValue
		}
		return Value{}, fmt.Errorf("read XML at offset %d: %w", b.at, err)
	}
	v := b.doc.xml.value(b.doc, b.root)
	if err != nil {
		return v, fmt.Errorf("read XML at offset %d: %w", b.at, err)
	}
	return v, v.Err()
}

// run reads tokens until the document ends or breaks.
func (b *builder) run() error {
	for {
		tok, err := b.next()
		if err == io.EOF {
			if len(b.open) > 0 || b.plist {
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			err = b.start(tok.Name)
		case xml.EndElement:
			err = b.end(elementName(tok.Name))
		case xml.CharData:
			if strings.TrimSpace(string(tok)) != "" {
				err = fmt.Errorf("text %q between elements", shorten(string(tok)))
			}
		}
		if err == errEnd {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (b *builder) next() (xml.Token, error) {
	b.at = uint32(b.dec.InputOffset())
	return b.dec.RawToken()
}

// elementName keeps a name space prefix, which property lists do not have.
func elementName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// start handles the begin of an element.
func (b *builder) start(xmlName xml.Name) error {
	name := elementName(xmlName)
	if name == "plist" && !b.plist && !b.rooty {
		b.plist = true
		return nil
	}
	if b.rooty && len(b.open) == 0 {
		return fmt.Errorf("element <%s> behind the root", shorten(name))
	}
	num := b.doc.xml.add(node{at: b.at})
	isKey := name == "key" && len(b.open) > 0 && b.open[len(b.open)-1].name == "dict"
	b.attach(num, isKey)
	switch name {
	case "array", "dict":
		return b.openContainer(name, num)
	case "key":
		if !isKey {
			b.doc.xml.fail(num, b.damage(num, errors.New("key outside a dict")))
			return b.skip(1)
		}
		return b.scalar("string", name, num)
	case "string", "integer", "real", "date", "data", "true", "false":
		return b.scalar(name, name, num)
	}
	b.doc.xml.fail(num, b.damage(num, fmt.Errorf("unknown element <%s>", shorten(name))))
	return b.skip(1)
}

// attach gives a new node to the innermost container, or makes it the root. It
// keeps keys and values of a dict in turn.
func (b *builder) attach(num uint32, isKey bool) {
	if len(b.open) == 0 {
		b.root, b.rooty = num, true
		return
	}
	f := &b.open[len(b.open)-1]
	if f.name == "dict" {
		switch {
		case isKey && f.key:
			b.missing("key without value")
		case !isKey && !f.key:
			b.missing("value without key")
		}
		f.key = isKey
	}
	b.kids = append(b.kids, num)
}

// missing puts a damaged node in the place of a key or value that is not there.
func (b *builder) missing(what string) {
	num := b.doc.xml.add(node{at: b.at})
	b.doc.xml.fail(num, b.damage(num, errors.New(what)))
	b.kids = append(b.kids, num)
}

func (b *builder) damage(num uint32, err error) error {
	return fmt.Errorf("read element at offset %d: %w", b.doc.xml.nodes[num].at, err)
}

func (b *builder) openContainer(name string, num uint32) error {
	if len(b.open) >= MaxDepth {
		b.doc.xml.fail(num, b.damage(num, fmt.Errorf("nested deeper than %d", MaxDepth)))
		return b.skip(1)
	}
	kind := Array
	if name == "dict" {
		kind = Dict
	}
	b.doc.xml.nodes[num].kind = kind
	b.open = append(b.open, frame{name: name, node: num, kids: len(b.kids)})
	return nil
}

// end handles the end of a container or of the document.
func (b *builder) end(name string) error {
	if len(b.open) == 0 {
		if name == "plist" && b.plist {
			return errEnd
		}
		return fmt.Errorf("unexpected </%s>", shorten(name))
	}
	if want := b.open[len(b.open)-1].name; want != name {
		return fmt.Errorf("</%s> where </%s> belongs", shorten(name), want)
	}
	b.closeContainer()
	return nil
}

// closeContainer moves the children of the innermost container to the tree.
func (b *builder) closeContainer() {
	f := b.open[len(b.open)-1]
	if f.key {
		b.missing("key without value")
	}
	t := b.doc.xml
	n := &t.nodes[f.node]
	n.a, n.b = uint32(len(t.kids)), uint32(len(b.kids)-f.kids)
	t.kids = append(t.kids, b.kids[f.kids:]...)
	b.kids = b.kids[:f.kids]
	b.open = b.open[:len(b.open)-1]
	if f.name == "dict" && n.b == 2 {
		b.foldUID(f.node)
	}
}

// foldUID turns <dict><key>CF$UID</key><integer>7</integer></dict> into a UID.
func (b *builder) foldUID(num uint32) {
	t := b.doc.xml
	n := &t.nodes[num]
	key, val := t.nodes[t.kids[n.a]], t.nodes[t.kids[n.a+1]]
	if key.kind != String || t.texts[key.a] != "CF$UID" || val.b != 1 || val.kind != Int && val.kind != Uint {
		return
	}
	n.kind, n.a, n.b = UID, val.a, 1
}

// skip reads past the end of an element that is depth levels deep already.
func (b *builder) skip(depth int) error {
	for depth > 0 {
		tok, err := b.next()
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		switch tok.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

// shownText is how much of a hostile text an error quotes.
const shownText = 40

func shorten(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > shownText {
		s = strings.ToValidUTF8(s[:shownText], "") + "…"
	}
	return s
}
