package rule

import (
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/record"
)

// reserved are the names that CEL does not let a variable have, or has a
// meaning of its own for. A field of this name is written data.name.
var reserved = map[string]bool{
	"as": true, "break": true, "const": true, "continue": true, "else": true, "false": true, "for": true,
	"function": true, "if": true, "import": true, "in": true, "let": true, "loop": true, "package": true,
	"namespace": true, "null": true, "return": true, "true": true, "var": true, "void": true, "while": true,
	"bool": true, "bytes": true, "double": true, "duration": true, "dyn": true, "int": true, "list": true,
	"map": true, "null_type": true, "string": true, "timestamp": true, "type": true, "uint": true,
	"data": true, "lists": true, "origin": true, "acquired": true,
}

// source says where the value of a variable comes from.
type source uint8

const (
	fromField source = iota
	fromRaw          // the stored number of a time
	fromPath
	fromTable
	fromRow
	fromState
	fromAcquired
)

// A variable is what a name in a condition stands for.
type variable struct {
	from  source
	field record.Field // for fromField and fromRaw
	typ   *cel.Type
}

// A plan says how the names in conditions are resolved for one type of record.
type plan struct {
	typ  *record.Type
	vars map[string]variable
}

func newPlan(t *record.Type) *plan {
	p := &plan{typ: t, vars: map[string]variable{
		"origin.path":  {from: fromPath, typ: cel.StringType},
		"origin.table": {from: fromTable, typ: cel.StringType},
		"origin.row":   {from: fromRow, typ: cel.IntType},
		"origin.state": {from: fromState, typ: cel.StringType},
		"acquired":     {from: fromAcquired, typ: cel.TimestampType},
	}}
	for _, f := range t.Fields {
		name := f.Name
		if reserved[name] {
			name = "data." + name
		}
		p.vars[name] = variable{field: f, typ: celType(f)}
	}
	for _, f := range t.Fields {
		if _, taken := p.vars[f.Name+"_raw"]; f.Kind == record.KindTime && !taken {
			p.vars[f.Name+"_raw"] = variable{from: fromRaw, field: f, typ: cel.StringType}
		}
	}
	return p
}

// celType returns the type of a field in conditions.
func celType(f record.Field) *cel.Type {
	if f.Kind == record.KindKV {
		return cel.MapType(cel.StringType, cel.StringType)
	}
	if f.List {
		return cel.ListType(cel.StringType)
	}
	t := cel.StringType
	switch f.Kind {
	case record.KindBool:
		t = cel.BoolType
	case record.KindInt:
		t = cel.IntType
	case record.KindFloat:
		t = cel.DoubleType
	case record.KindTime:
		return cel.TimestampType
	}
	if f.Optional {
		return cel.NullableType(t)
	}
	return t
}

// An activation gives conditions the values of one record, read when asked for.
type activation struct {
	plan  *plan
	at    record.Origin
	data  reflect.Value
	lists map[string]ref.Val // by "lists.name", of the rule that asks
	known *detect.Sources    // of the sources; nil if nothing is

	scratch []byte // for joining texts
}

// ResolveName implements [cel.Activation].
func (a *activation) ResolveName(name string) (any, bool) {
	v, ok := a.plan.vars[name]
	if !ok {
		list, ok := a.lists[name]
		return list, ok
	}
	switch v.from {
	case fromPath:
		return types.String(a.at.Path), true
	case fromTable:
		return types.String(a.at.Table), true
	case fromRow:
		return types.Int(a.at.Row), true
	case fromState:
		if a.at.State == record.Live {
			return types.String("live"), true
		}
		return types.String(a.at.State), true
	case fromAcquired:
		if t := a.known.Acquired(a.at.Source); !t.IsZero() {
			return types.Timestamp{Time: t.UTC()}, true
		}
		return types.NullValue, true
	case fromRaw:
		return types.String(a.data.Field(v.field.Index).Interface().(record.Time).RawText()), true
	}
	return value(&v.field, a.data.Field(v.field.Index)), true
}

// Parent implements [cel.Activation].
func (a *activation) Parent() cel.Activation { return nil }

// value returns a field as conditions see it.
func value(f *record.Field, v reflect.Value) ref.Val {
	switch {
	case f.Kind == record.KindKV:
		return pairs(v)
	case f.List:
		texts := make([]string, v.Len())
		for i := range texts {
			texts[i] = v.Index(i).String()
		}
		return types.NewStringList(types.DefaultTypeAdapter, texts)
	case f.Optional:
		if v.IsNil() {
			return types.NullValue
		}
		v = v.Elem()
	}
	switch f.Kind {
	case record.KindBool:
		return types.Bool(v.Bool())
	case record.KindInt:
		return types.Int(v.Int())
	case record.KindFloat:
		return types.Double(v.Float())
	case record.KindTime:
		t := v.Interface().(record.Time)
		if t.IsZero() {
			return types.NullValue
		}
		return types.Timestamp{Time: t.Time.UTC()}
	case record.KindWallTime:
		t := v.Interface().(record.WallTime)
		if t.IsZero() {
			return types.String("")
		}
		return types.String(t.Format("2006-01-02T15:04:05"))
	}
	return types.String(v.String())
}

// pairs returns keys and values as a map.
func pairs(v reflect.Value) ref.Val {
	m := make(map[string]string, v.Len())
	for i := range v.Len() {
		kv := v.Index(i).Interface().(record.KV)
		if earlier, again := m[kv.Key]; again {
			m[kv.Key] = earlier + "\n" + kv.Value
		} else {
			m[kv.Key] = kv.Value
		}
	}
	return types.NewStringStringMap(types.DefaultTypeAdapter, m)
}

// A valueList is a list of a rule, in which values are found without going
// through it.
type valueList struct {
	traits.Lister
	set map[string]bool
}

func newValueList(values []string) valueList {
	l := valueList{types.NewStringList(types.DefaultTypeAdapter, values), make(map[string]bool, len(values))}
	for _, v := range values {
		l.set[v] = true
	}
	return l
}

// Contains implements [traits.Container].
func (l valueList) Contains(v ref.Val) ref.Val {
	s, ok := v.(types.String)
	return types.Bool(ok && l.set[string(s)])
}
