package indicator

import (
	"reflect"
	"strings"
	"sync"

	"github.com/vigie-project/vigie/detect/indicator/links"
	"github.com/vigie-project/vigie/record"
)

// A plan lists the fields of a type of record that are compared.
type plan struct {
	fields []planField
	kinds  uint32 // of the values that the fields can hold, one bit each
}

type planField struct {
	name  string
	index int
	kind  record.FieldKind
	list  bool
}

// offered says which kinds of values a field can hold.
var offered = map[record.FieldKind][]Kind{
	record.KindURL:         {URL, Domain, Address, Email, Range},
	record.KindMention:     {URL, Domain, Address, Email, Range},
	record.KindDomain:      {Domain, Address, Range},
	record.KindIP:          {Address, Range},
	record.KindEmail:       {Email, Domain, Phone},
	record.KindPhone:       {Phone, Email},
	record.KindApp:         {App},
	record.KindPath:        {Path, PathEnd, FileName},
	record.KindProcess:     {Process, Path, PathEnd, FileName, App},
	record.KindText:        {URL, Domain, Address, Email, Range},
	record.KindKV:          {URL, Domain, Address, Email, Range},
	record.KindHash:        {Hash},
	record.KindCertificate: {Certificate},
	record.KindProfile:     {Profile},
	record.KindProperty:    {Property},
}

var plans sync.Map // reflect.Type to *plan

func planOf(data record.Data) *plan {
	t := reflect.TypeOf(data)
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	desc, err := record.TypeOf(data)
	if err != nil {
		return nil
	}
	p := &plan{}
	for _, f := range desc.Fields {
		if f.Kind.Matched() {
			p.fields = append(p.fields, planField{f.Name, f.Index, f.Kind, f.List})
			for _, k := range offered[f.Kind] {
				p.kinds |= 1 << k
			}
		}
	}
	plans.Store(t, p)
	return p
}

// each calls visit for the text of every field that is compared.
func (p *plan) each(data record.Data, visit func(f *planField, text string)) {
	v := reflect.ValueOf(data)
	for i := range p.fields {
		f := &p.fields[i]
		fv := v.Field(f.index)
		switch {
		case f.kind == record.KindKV:
			for j := range fv.Len() {
				visit(f, fv.Index(j).Field(1).String())
			}
		case f.list:
			for j := range fv.Len() {
				visit(f, fv.Index(j).String())
			}
		default:
			visit(f, fv.String())
		}
	}
}

// values are what a record offers to patterns, by kind.
type values [numKinds][]string

func (v *values) add(k Kind, s string) { v[k] = append(v[k], s) }

// valuesOf collects what a record offers.
func valuesOf(p *plan, data record.Data) *values {
	v := &values{}
	p.each(data, func(f *planField, text string) {
		if text == "" {
			return
		}
		switch f.kind {
		case record.KindURL, record.KindMention, record.KindDomain, record.KindIP:
			if l, ok := links.Parse(text); ok {
				v.link(&l)
			}
		case record.KindEmail:
			v.email(text)
		case record.KindText, record.KindKV:
			s := links.Scanner{Text: text}
			for l, ok := s.Next(); ok; l, ok = s.Next() {
				v.link(&l)
			}
		case record.KindProcess:
			v.process(text)
		case record.KindPath:
			v.path(text)
		default:
			v.add(offered[f.kind][0], text)
		}
	})
	return v
}

func (v *values) link(l *links.Link) {
	switch {
	case l.Kind == links.Email:
		v.email(l.Raw)
		return
	case l.Addr.IsValid():
		v.add(Address, l.Addr.String())
		v.add(Domain, l.Addr.String())
	default:
		v.add(Domain, lower(l.Host))
	}
	if l.Kind == links.URL || l.Rest != "" {
		v.add(URL, l.Raw)
	}
}

func (v *values) email(text string) {
	if key, err := emailKey(text); err == nil {
		v.add(Email, key)
		v.add(Domain, key[strings.LastIndexByte(key, '@')+1:])
		return
	}
	v.add(Email, text)
}

func (v *values) path(text string) {
	key := pathKey(text)
	v.add(Path, key)
	v.add(FileName, lastName(key))
}

func (v *values) process(text string) {
	name, bundle := halves(text)
	v.add(Process, name)
	if bundle != "" {
		v.add(Process, bundle)
		v.add(App, bundle)
	} else if strings.IndexByte(text, '/') >= 0 {
		v.path(text)
	}
	v.add(App, name)
}

// lastName returns what follows the last slash.
func lastName(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// halves takes apart what databases store as the name of a process: a name, a
// path, or "process/bundle". Of a path it returns the last name alone.
func halves(text string) (name, bundle string) {
	i := strings.IndexByte(text, '/')
	switch {
	case i < 0:
		return text, ""
	case i > 0 && strings.IndexByte(text[i+1:], '/') < 0 && !rooted(text) && i+1 < len(text):
		return text[:i], text[i+1:]
	}
	return lastName(strings.TrimRight(text, "/")), ""
}

// Values implements [stixpattern.View]; see view.
func (v *values) of(k Kind) []string {
	switch k {
	case Range:
		k = Address
	case PathEnd:
		k = Path
	}
	return v[k]
}
