package apksig

import (
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Types of chunks of binary XML, ResourceTypes.h.
const (
	chunkStrings   = 0x0001
	chunkXML       = 0x0003
	chunkStart     = 0x0102
	chunkResources = 0x0180

	valueString = 0x03
	noString    = 0xffffffff
)

// Resource IDs of attributes, android.R.attr.
const (
	attrVersionCode      = 0x0101021b
	attrVersionName      = 0x0101021c
	attrVersionCodeMajor = 0x01010576
)

// Limits of a manifest.
const (
	maxChunks     = 1 << 20
	maxAttributes = 1000
	maxString     = 64 << 10 // bytes
)

var errAXML = errors.New("not a binary manifest")

// An axml is a binary XML document.
type axml struct {
	data    []byte
	strings []byte // the chunk of strings
	ids     []byte // resource IDs of the first strings
}

// parseManifest reads the attributes of the root element into an app.
func parseManifest(data []byte, a *App) error {
	const headerSize = 8
	// The type of the whole is not compared: some apps change it, and Android
	// does not mind.
	if len(data) < headerSize {
		return errAXML
	}
	x := &axml{data: data}
	at := int(le.Uint16(data[2:]))
	for range maxChunks {
		if at < headerSize || at > len(data)-headerSize {
			return fmt.Errorf("%w: no element", errAXML)
		}
		size := int64(le.Uint32(data[at+4:]))
		if size < headerSize || size > int64(len(data)-at) {
			return fmt.Errorf("%w: a chunk of %d bytes at %d", errAXML, size, at)
		}
		chunk := data[at : at+int(size)]
		switch le.Uint16(chunk) {
		case chunkStrings:
			if x.strings == nil {
				x.strings = chunk
			}
		case chunkResources:
			x.ids = chunk[min(len(chunk), max(headerSize, int(le.Uint16(chunk[2:])))):]
		case chunkStart:
			return x.root(chunk, a)
		}
		at += int(size)
	}
	return fmt.Errorf("%w: more than %d chunks", errAXML, maxChunks)
}

// root reads the first element, which must be the manifest.
func (x *axml) root(chunk []byte, a *App) error {
	const extSize, attrSize = 20, 20
	head := int(le.Uint16(chunk[2:]))
	if head > len(chunk)-extSize {
		return fmt.Errorf("%w: the element is cut", errAXML)
	}
	ext := chunk[head:]
	if name, _ := x.text(le.Uint32(ext[4:])); name != "manifest" {
		return fmt.Errorf("%w: the first element is %.100q", errAXML, name)
	}
	start, step, count := int(le.Uint16(ext[8:])), int(le.Uint16(ext[10:])), int(le.Uint16(ext[12:]))
	if step < attrSize || count > maxAttributes {
		return fmt.Errorf("%w: %d attributes of %d bytes", errAXML, count, step)
	}
	var major int64
	for i := range count {
		at := start + i*step
		if at > len(ext)-attrSize {
			return fmt.Errorf("%w: the attributes are cut", errAXML)
		}
		b := ext[at:]
		number := int64(le.Uint32(b[16:]))
		switch id, name := x.attribute(le.Uint32(b[4:])); {
		case id == attrVersionCode:
			a.VersionCode |= number
		case id == attrVersionCodeMajor:
			major = number
		case id == attrVersionName:
			a.VersionName = x.value(b)
		case id == 0 && name == "package":
			a.Package = x.value(b)
		}
	}
	a.VersionCode |= major << 32
	if a.Package == "" {
		return fmt.Errorf("%w: no package name", errAXML)
	}
	return nil
}

// attribute returns the resource ID of an attribute, 0 if it has none, and its
// name.
func (x *axml) attribute(name uint32) (id uint32, text string) {
	if at := uint64(name) * 4; at+4 <= uint64(len(x.ids)) {
		id = le.Uint32(x.ids[at:])
	}
	text, _ = x.text(name)
	return id, text
}

// value returns the value of an attribute if it is a string.
func (x *axml) value(b []byte) string {
	if raw := le.Uint32(b[8:]); raw != noString {
		s, _ := x.text(raw)
		return s
	}
	if b[15] == valueString {
		s, _ := x.text(le.Uint32(b[16:]))
		return s
	}
	return ""
}

// text returns a string of the pool, invalid parts replaced by U+FFFD.
func (x *axml) text(index uint32) (string, bool) {
	const headerSize, flagUTF8 = 28, 1 << 8
	p := x.strings
	if len(p) < headerSize || index >= le.Uint32(p[8:]) {
		return "", false
	}
	at := uint64(le.Uint16(p[2:])) + uint64(index)*4
	if at+4 > uint64(len(p)) {
		return "", false
	}
	at = uint64(le.Uint32(p[20:])) + uint64(le.Uint32(p[at:]))
	if at >= uint64(len(p)) {
		return "", false
	}
	if le.Uint32(p[16:])&flagUTF8 != 0 {
		return text8(p[at:])
	}
	return text16(p[at:])
}

// text8 decodes a string in UTF-8: its length in UTF-16 units and in bytes, each
// in one or two bytes, then the bytes.
func text8(b []byte) (string, bool) {
	_, b, ok := length8(b)
	if !ok {
		return "", false
	}
	n, b, ok := length8(b)
	if !ok || n > len(b) {
		return "", false
	}
	return string([]rune(string(b[:n]))), utf8.Valid(b[:n])
}

func length8(b []byte) (int, []byte, bool) {
	if len(b) < 2 {
		return 0, nil, false
	}
	if b[0]&0x80 == 0 {
		return int(b[0]), b[1:], true
	}
	return int(b[0]&0x7f)<<8 | int(b[1]), b[2:], true
}

// text16 decodes a string in UTF-16: its length in one or two units, then the
// units.
func text16(b []byte) (string, bool) {
	if len(b) < 4 {
		return "", false
	}
	n, b := int(le.Uint16(b)), b[2:]
	if n&0x8000 != 0 {
		n, b = (n&0x7fff)<<16|int(le.Uint16(b)), b[2:]
	}
	if n > len(b)/2 || n > maxString/2 {
		return "", false
	}
	units := make([]uint16, n)
	for i := range units {
		units[i] = le.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units)), true
}
