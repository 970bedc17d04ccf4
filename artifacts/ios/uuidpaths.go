package ios

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// UUIDPaths reads which programs and libraries have which UUID.
var UUIDPaths = artifact.Parser{
	ID:    "ios.uuidpaths",
	Title: lang.Text{EN: "UUIDs of programs and libraries", FR: "UUID des programmes et bibliothèques"},
	Doc: `The linker gives each program and library a UUID. Several parts of iOS keep which path has which:
the log keeps a file for each image that logged (uuidtext), until nothing in the log needs it;
spindump kept what it had sampled (UUIDToBinaryLocations, iOS 12 to 14), also of programs that
have ended since; and lists of the libraries of one shared cache, possibly that of an earlier
version of iOS, are kept to read older samples (olddsc).

A program in an unusual folder here has run, at a time that is not recorded. The same path
with two UUIDs is an update, or was replaced. These are no lists of all that Apple ships:
absence from them means nothing. Paths of libraries in the shared caches of the log are not
read here.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/tailspindb/UUIDToBinaryLocations"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/spindump/UUIDToBinaryLocations"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/olddsc/*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/system_logs.logarchive/[0-9A-F][0-9A-F]/*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/uuidtext/[0-9A-F][0-9A-F]/*"},
	},
	Record: uuidPathsImage{},
	Refs: []string{
		"https://github.com/libyal/dtformats/blob/main/documentation/Apple%20Unified%20Logging%20and%20Activity%20Tracing%20formats.asciidoc",
		"https://github.com/EC-DIGIT-CSIRC/sysdiagnose",
	},
	Parse: uuidPathsParse,
}

// uuidPathsImage is one program or library.
type uuidPathsImage struct {
	UUID    string         `json:"uuid"`              // of the image: name of the file and its folder; key; UUID_String
	Path    record.Path    `json:"path"`              // end of the file; value; Path
	Name    record.Process `json:"name"`              // last part of the path
	From    string         `json:"from"`              // log, spindump or old shared cache
	Cache   string         `json:"cache,omitempty"`   // Cache_UUID_String: of the shared cache
	Address string         `json:"address,omitempty"` // Load_Address in it, as stored
	Other   []record.KV    `json:"other,omitempty"`   // other keys
}

// String implements [record.Data].
func (i uuidPathsImage) String() string {
	return record.Line(fmt.Sprintf("image %s is %s", i.UUID, i.Path))
}

// uuidPathsOf returns the record of an image.
func uuidPathsOf(source, uuid, file string) uuidPathsImage {
	return uuidPathsImage{UUID: uuid, Path: record.Path(file), Name: record.Process(file[strings.LastIndexByte(file, '/')+1:]), From: source}
}

func uuidPathsParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	switch {
	case path.Base(in.Path) == "UUIDToBinaryLocations":
		return from.Plist(uuidPathsSampled)(ctx, in)
	case path.Base(path.Dir(in.Path)) == "olddsc":
		return from.Plist(uuidPathsCache)(ctx, in)
	}
	return uuidPathsLogged(in)
}

// uuidPathsLogged reads a file of the log.
func uuidPathsLogged(in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		uuid, file, offset, err := unifiedlog.ImagePath(path.Base(path.Dir(in.Path))+path.Base(in.Path), in.File)
		if err == nil && file == "" {
			err = errors.New("read path: the file ends before it")
		}
		if err != nil {
			yield(record.Record{}, err)
			return
		}
		yield(in.Record(record.Origin{Offset: offset}, uuidPathsOf("log", uuid.String(), file)), nil)
	}
}

// uuidPathsSampled reads a dictionary of paths, or lists of paths, by UUID.
func uuidPathsSampled(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read paths: root is %s, not dict", root.Kind()))
		return
	}
	for uuid, v := range root.Items() {
		var images []uuidPathsImage
		switch v.Kind() {
		case plist.String:
			images = []uuidPathsImage{uuidPathsOf("spindump", uuid, v.String())}
		case plist.Array:
			for e := range v.Elems() {
				images = append(images, uuidPathsOf("spindump", uuid, from.Text(e)))
			}
		default:
			one := uuidPathsOf("spindump", uuid, v.Get("Path").String())
			var err error
			if one.Other, err = from.Rest(v, "Path"); err != nil && !yield(record.Record{}, err) {
				return
			}
			images = []uuidPathsImage{one}
		}
		for _, one := range images {
			if !yield(in.Record(from.At(uuid, 0, v), one), nil) {
				return
			}
		}
	}
}

// uuidPathsCache reads the libraries of a shared cache.
func uuidPathsCache(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if list := root.Get("Binaries"); list.Kind() != plist.Array {
		yield(record.Record{}, fmt.Errorf("read libraries: Binaries is %s, not array", list.Kind()))
		return
	}
	cache := root.Get("Cache_UUID_String").String()
	i := 0
	for v := range root.Get("Binaries").Elems() {
		i++
		one := uuidPathsOf("old shared cache", v.Get("UUID_String").String(), v.Get("Path").String())
		one.Cache, one.Address = cache, from.Text(v.Get("Load_Address"))
		var err error
		if one.Other, err = from.Rest(v, "UUID_String", "Path", "Load_Address"); err != nil && !yield(record.Record{}, err) {
			return
		}
		if !yield(in.Record(from.At("Binaries", i, v), one), nil) {
			return
		}
	}
}
