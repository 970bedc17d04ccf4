// Package keyedarchive reads what NSKeyedArchiver wrote: a graph of objects in a
// property list, whose references are UIDs. Nothing is expanded; an [Object] is
// a place in the graph, so shared and circular references cost nothing.
//
// Source: archives of Xcode tools and of Messages as published, which hold
// NSArray, NSSet, NSDictionary, NSDate, NSURL, NSUUID and NSData; the keys of other
// classes and of older archives ("NS.object.0", "NS.intval") as
// swift-corelibs-foundation decodes them.
package keyedarchive

import (
	"errors"
	"fmt"
	"iter"

	"github.com/vigie-project/vigie/format/plist"
)

// ErrFormat means a property list that is no keyed archive of the one version
// there is, 100000.
var ErrFormat = errors.New("not a keyed archive")

const (
	version  = 100000
	nullText = "$null" // the object of number 0
)

// An Archive is an opened keyed archive. It can be used from several
// goroutines.
type Archive struct {
	objects plist.Value
	top     plist.Value
}

// Parse opens an archive from the bytes of its property list.
func Parse(data []byte) (*Archive, error) {
	v, err := plist.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("open keyed archive: %w", err)
	}
	return Open(v)
}

// Open checks that v is the root of a keyed archive: $archiver NSKeyedArchiver
// or NRKeyedArchiver (of paired watches), $version 100000, and the containers
// $top and $objects. The error wraps [ErrFormat].
func Open(v plist.Value) (*Archive, error) {
	archiver, vers := v.Get("$archiver"), v.Get("$version")
	a := &Archive{objects: v.Get("$objects"), top: v.Get("$top")}
	problem := ""
	switch name := archiver.String(); {
	case v.Kind() != plist.Dict:
		problem = "root is no dict"
	case name != "NSKeyedArchiver" && name != "NRKeyedArchiver":
		problem = fmt.Sprintf("$archiver is %.40q", name)
	case vers.Int() != version:
		problem = fmt.Sprintf("$version is %d", vers.Int())
	case a.top.Kind() != plist.Dict:
		problem = "$top is no dict"
	case a.objects.Kind() != plist.Array:
		problem = "$objects is no array"
	default:
		return a, nil
	}
	return nil, fmt.Errorf("open keyed archive: %s: %w", problem, ErrFormat)
}

// Root returns the object archived under "root", which is the usual key, or
// else under the first key there is.
func (a *Archive) Root() Object {
	if v := a.top.Get("root"); v.Kind() != plist.Invalid {
		return a.resolve(v)
	}
	for _, v := range a.top.Items() {
		return a.resolve(v)
	}
	return Object{}
}

// Top returns the object archived under a key of $top.
func (a *Archive) Top(key string) Object { return a.resolve(a.top.Get(key)) }

// Tops yields the keys of $top and their objects, in the order of the file.
func (a *Archive) Tops() iter.Seq2[string, Object] {
	return func(yield func(string, Object) bool) {
		for key, v := range a.top.Items() {
			if !yield(key, a.resolve(v)) {
				return
			}
		}
	}
}

// Len returns the number of objects in the archive, "$null" included.
func (a *Archive) Len() int { return a.objects.Len() }

// At returns the object of a number. With [Archive.Len] it reaches objects that
// nothing refers to.
func (a *Archive) At(number int) Object {
	return a.object(uint64(max(number, 0)))
}

// resolve follows a UID, and takes every other value as it is.
func (a *Archive) resolve(v plist.Value) Object {
	if v.Kind() == plist.UID {
		return a.object(v.Uint())
	}
	return Object{a: a, v: v}
}

func (a *Archive) object(number uint64) Object {
	if number >= uint64(a.objects.Len()) {
		return Object{a: a, number: number, dangling: true}
	}
	o := Object{a: a, v: a.objects.Index(int(number)), number: number}
	o.null = number == 0
	return o
}
