package record

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// FieldKind says what a field of a record holds.
type FieldKind uint8

// The kinds of fields. From KindURL on, fields are compared with indicators.
const (
	KindBool FieldKind = iota + 1
	KindInt
	KindFloat
	KindString
	KindTime
	KindWallTime
	KindURL
	KindDomain
	KindIP
	KindEmail
	KindPhone
	KindApp
	KindPath
	KindProcess
	KindText
	KindHash
	KindCertificate
	KindProfile
	KindProperty
	KindMention
	KindKV // only as a list
)

var kindNames = [...]string{"", "bool", "int", "float", "string", "Time", "WallTime", "URL", "Domain", "IP", "Email",
	"Phone", "App", "Path", "Process", "Text", "Hash", "Certificate", "Profile", "Property", "Mention", "KV"}

// String returns the name of the Go type, such as "URL".
func (k FieldKind) String() string { return kindNames[k] }

// Matched reports whether values of the kind are compared with indicators.
func (k FieldKind) Matched() bool { return k >= KindURL }

// A Field describes one field of the data of a record.
type Field struct {
	Name     string // in JSON, snake case
	GoName   string
	Kind     FieldKind
	List     bool // a slice of such values
	Optional bool // a pointer: nil if the evidence has no value
	Omit     bool // left out of JSON when zero
	Index    int  // in the struct
}

// A Type describes the data of the records of one parser.
type Type struct {
	Name   string // of the Go type
	Fields []Field
	Go     reflect.Type

	walls  []int     // Fields that are of kind WallTime
	copies sync.Pool // of *dataCopy
}

// Field returns the field with the given JSON name.
func (t *Type) Field(name string) (Field, bool) {
	for _, f := range t.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

var kinds = map[reflect.Type]FieldKind{
	reflect.TypeFor[Time]():        KindTime,
	reflect.TypeFor[WallTime]():    KindWallTime,
	reflect.TypeFor[URL]():         KindURL,
	reflect.TypeFor[Mention]():     KindMention,
	reflect.TypeFor[Domain]():      KindDomain,
	reflect.TypeFor[IP]():          KindIP,
	reflect.TypeFor[Email]():       KindEmail,
	reflect.TypeFor[Phone]():       KindPhone,
	reflect.TypeFor[App]():         KindApp,
	reflect.TypeFor[Path]():        KindPath,
	reflect.TypeFor[Process]():     KindProcess,
	reflect.TypeFor[Text]():        KindText,
	reflect.TypeFor[Hash]():        KindHash,
	reflect.TypeFor[Certificate](): KindCertificate,
	reflect.TypeFor[Profile]():     KindProfile,
	reflect.TypeFor[Property]():    KindProperty,
	reflect.TypeFor[KV]():          KindKV,
	reflect.TypeFor[string]():      KindString,
	reflect.TypeFor[bool]():        KindBool,
	reflect.TypeFor[int64]():       KindInt,
	reflect.TypeFor[float64]():     KindFloat,
}

var types sync.Map // reflect.Type to *Type or error

// TypeOf describes the type of data. Every field must be exported, have a
// snake-case json tag and one of these types: bool, int64, float64, string,
// the types of this package, a slice of a type based on string or of [KV], or a
// pointer to bool, int64 or float64.
func TypeOf(data Data) (*Type, error) {
	t := reflect.TypeOf(data)
	v, ok := types.Load(t)
	if !ok {
		desc, err := describe(t)
		if err != nil {
			v = err
		} else {
			v = desc
		}
		types.Store(t, v)
	}
	if err, ok := v.(error); ok {
		return nil, err
	}
	return v.(*Type), nil
}

func describe(t reflect.Type) (*Type, error) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("describe %v: data is no struct", t)
	}
	desc := &Type{Name: t.Name(), Go: t}
	for i := range t.NumField() {
		sf := t.Field(i)
		name, opts, _ := strings.Cut(sf.Tag.Get("json"), ",")
		f := Field{Name: name, GoName: sf.Name, Index: i, Omit: opts == "omitempty"}
		ft := sf.Type
		switch {
		case ft.Kind() == reflect.Slice:
			f.List, ft = true, ft.Elem()
		case ft.Kind() == reflect.Pointer:
			f.Optional, ft = true, ft.Elem()
		}
		f.Kind = kinds[ft]
		if err := f.check(sf); err != nil {
			return nil, fmt.Errorf("describe %s: field %s: %w", t, sf.Name, err)
		}
		if f.Kind == KindWallTime {
			desc.walls = append(desc.walls, len(desc.Fields))
		}
		desc.Fields = append(desc.Fields, f)
	}
	return desc, nil
}

func (f Field) check(sf reflect.StructField) error {
	switch {
	case !sf.IsExported() || sf.Anonymous:
		return fmt.Errorf("is not exported")
	case f.Name == "" || f.Name != strings.ToLower(f.Name):
		return fmt.Errorf("json tag %q is not in snake case", f.Name)
	case strings.HasSuffix(f.Name, resolvedSuffix):
		return fmt.Errorf("json tag %q is kept for the instants of wall times", f.Name)
	case f.Kind == 0:
		return fmt.Errorf("type %s is not one of the field types", sf.Type)
	case f.List && f.Kind < KindString, f.List && (f.Kind == KindTime || f.Kind == KindWallTime):
		return fmt.Errorf("lists of %s are not allowed", f.Kind)
	case f.Kind == KindKV && !f.List:
		return fmt.Errorf("KV is only allowed in a list")
	case f.Optional && f.Kind > KindFloat:
		return fmt.Errorf("pointers to %s are not allowed", f.Kind)
	}
	return nil
}
