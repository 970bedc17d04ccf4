package fabricate

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// An mbEncoder writes the descriptions of files in Manifest.db, of which there
// are a million: NSKeyedArchiver lists in the binary form of property lists,
// whose objects are numbered as they are added.
type mbEncoder struct {
	b       []byte
	offsets []int
	values  []mbValue
	texts   map[string]byte // that occur in every archive, by their number
}

// An mbValue is one key of an MBFile, and the object that is its value: an
// integer, or the number in the archive.
type mbValue struct {
	key string
	n   int64
	uid bool
}

func (e *mbEncoder) begin() {
	e.b, e.offsets = append(e.b[:0], "bplist00"...), e.offsets[:0]
	if e.texts == nil {
		e.texts = map[string]byte{}
	}
	clear(e.texts)
}

// object begins the next object and returns its number.
func (e *mbEncoder) object() byte {
	e.offsets = append(e.offsets, len(e.b))
	return byte(len(e.offsets) - 1)
}

// sized appends the mark of an object with its number of elements.
func (e *mbEncoder) sized(kind byte, n int) {
	switch {
	case n < 15:
		e.b = append(e.b, kind|byte(n))
	case n < 1<<8:
		e.b = append(e.b, kind|15, 0x10, byte(n))
	default:
		e.b = binary.BigEndian.AppendUint16(append(e.b, kind|15, 0x11), uint16(n))
	}
}

// shared returns a text that may have been added before.
func (e *mbEncoder) shared(s string) byte {
	id, ok := e.texts[s]
	if !ok {
		id = e.text(s)
		e.texts[s] = id
	}
	return id
}

func (e *mbEncoder) text(s string) byte {
	id := e.object()
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if ascii {
		e.sized(0x50, len(s))
		e.b = append(e.b, s...)
		return id
	}
	units := utf16.Encode([]rune(s))
	e.sized(0x60, len(units))
	for _, u := range units {
		e.b = binary.BigEndian.AppendUint16(e.b, u)
	}
	return id
}

func (e *mbEncoder) data(p []byte) byte {
	id := e.object()
	e.sized(0x40, len(p))
	e.b = append(e.b, p...)
	return id
}

func (e *mbEncoder) integer(n int64) byte {
	id := e.object()
	switch {
	case n >= 0 && n < 1<<8:
		e.b = append(e.b, 0x10, byte(n))
	case n >= 0 && n < 1<<32:
		e.b = binary.BigEndian.AppendUint32(append(e.b, 0x12), uint32(n))
	default:
		e.b = binary.BigEndian.AppendUint64(append(e.b, 0x13), uint64(n))
	}
	return id
}

func (e *mbEncoder) uid(n byte) byte {
	id := e.object()
	e.b = append(e.b, 0x80, n)
	return id
}

// dict appends a dictionary of objects: keys, then values.
func (e *mbEncoder) dict(refs ...byte) byte {
	id := e.object()
	e.sized(0xd0, len(refs)/2)
	e.b = append(e.b, refs...)
	return id
}

func (e *mbEncoder) array(refs ...byte) byte {
	id := e.object()
	e.sized(0xa0, len(refs))
	e.b = append(e.b, refs...)
	return id
}

// class appends the description of a class and of those above it.
func (e *mbEncoder) class(names ...string) byte {
	var refs []byte
	for _, name := range names {
		refs = append(refs, e.shared(name))
	}
	list := e.array(refs...)
	nameKey, listKey := e.shared("$classname"), e.shared("$classes")
	return e.dict(nameKey, listKey, refs[0], list)
}

// finish appends the table of offsets and the trailer, and returns a copy.
func (e *mbEncoder) finish(top byte) []byte {
	table := len(e.b)
	for _, at := range e.offsets {
		e.b = binary.BigEndian.AppendUint16(e.b, uint16(at))
	}
	e.b = append(e.b, 0, 0, 0, 0, 0, 0, 2, 1)
	for _, n := range [...]int{len(e.offsets), int(top), table} {
		e.b = binary.BigEndian.AppendUint64(e.b, uint64(n))
	}
	return append([]byte(nil), e.b...)
}

// encode archives a description: what mbFile chose, with the objects that it
// refers to.
func (e *mbEncoder) encode(f *backupFile, wrapped, attributes []byte) []byte {
	e.begin()
	objects := []byte{e.text("$null"), 0, e.class("MBFile", "NSObject"), e.text(f.path)}
	refer := func(key string, ref byte) {
		e.values = append(e.values, mbValue{key, int64(len(objects)), true})
		objects = append(objects, ref)
	}
	e.values = append(e.values, mbValue{"$class", 2, true}, mbValue{"RelativePath", 3, true})
	if wrapped != nil {
		class, data := e.shared("$class"), e.text("NS.data")
		refer("EncryptionKey", e.dict(class, data, e.uid(byte(len(objects)+1)), e.data(wrapped)))
		objects = append(objects, e.class("NSMutableData", "NSData", "NSObject"))
	}
	if f.target != "" {
		refer("Target", e.text(f.target))
	}
	if attributes != nil {
		refer("ExtendedAttributes", e.data(attributes))
	}
	var keys, values []byte
	for _, v := range e.values {
		keys = append(keys, e.shared(v.key))
		if v.uid {
			values = append(values, e.uid(byte(v.n)))
		} else {
			values = append(values, e.integer(v.n))
		}
	}
	objects[1] = e.dict(append(keys, values...)...)
	e.values = e.values[:0]
	return e.finish(e.archive(objects))
}

// archive appends the outermost dictionary of a keyed archive.
func (e *mbEncoder) archive(objects []byte) byte {
	root := e.text("root")
	top := e.dict(root, e.uid(1))
	list := e.array(objects...)
	version, archiver := e.integer(100000), e.text("NSKeyedArchiver")
	return e.dict(e.text("$version"), e.text("$archiver"), e.text("$top"), e.text("$objects"), version, archiver, top, list)
}
