package ios

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LaunchServices reads bundle identifiers and paths in the database of registered apps.
var LaunchServices = artifact.Parser{
	ID:    "ios.launchservices",
	Title: lang.Text{EN: "Names in the database of registered apps", FR: "Noms dans la base des apps enregistrées"},
	Doc: `LaunchServices keeps all apps and extensions that are registered, with their folders, in
a database whose form is not published; lsaw.csstoredump in a sysdiagnose of recent
versions is a copy. Texts in it that have the form of a bundle identifier or of a path
are shown, each once where it comes first; what belongs together, and whether it is in
use, is not known. An app that runs and whose identifier is missing here was not
registered as apps are.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/lsaw.csstoredump"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/containers/Data/System/*/Library/Caches/com.apple.LaunchServices-*.csstore"},
	},
	Record: launchServicesName{},
	Refs:   []string{"https://developer.apple.com/documentation/coreservices/launch_services"},
	Parse:  launchServicesParse,
}

// launchServicesName is one text.
type launchServicesName struct {
	App  record.App  `json:"app,omitempty"`  // text in the form of a bundle identifier
	Path record.Path `json:"path,omitempty"` // text in the form of an absolute path
}

// String implements [record.Data].
func (n launchServicesName) String() string {
	return record.Line("Name in the database of registered apps: " + string(n.App) + string(n.Path))
}

// Limits of one database.
const (
	launchServicesMaxText  = 1024      // bytes of one text
	launchServicesMinText  = 6         // bytes of one text
	launchServicesMaxNames = 1 << 18   // different texts
	launchServicesMaxSize  = 256 << 20 // bytes that are read
)

func launchServicesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		r := bufio.NewReaderSize(io.NewSectionReader(in.File, 0, launchServicesMaxSize), 64<<10)
		seen := map[string]bool{}
		var text []byte
		var offset int64
		put := func() bool {
			s := string(text)
			at := offset - int64(len(text))
			text = text[:0]
			if len(s) < launchServicesMinText || len(s) > launchServicesMaxText {
				return true
			}
			n, ok := launchServicesOne(s)
			if !ok || seen[s] {
				return true
			}
			if len(seen) == launchServicesMaxNames {
				yield(record.Record{}, fmt.Errorf("read names: more than %d, the rest is not read", launchServicesMaxNames))
				return false
			}
			seen[s] = true
			return yield(in.Record(record.Origin{Table: "text", Offset: at}, n), nil)
		}
		for {
			c, err := r.ReadByte()
			if err != nil {
				if put() && err != io.EOF {
					yield(record.Record{}, fmt.Errorf("read names: %w", err))
				}
				return
			}
			if c >= ' ' && c != 0x7f {
				if len(text) <= launchServicesMaxText { // what is longer is no name
					text = append(text, c)
				}
			} else if len(text) > 0 && !put() {
				return
			}
			offset++
		}
	}
}

// launchServicesOne tells what a text is.
func launchServicesOne(s string) (n launchServicesName, ok bool) {
	if from.IsBundle(s) {
		return launchServicesName{App: record.App(s)}, true
	}
	if strings.HasPrefix(s, "/") && strings.Count(s, "/") > 1 && strings.ToValidUTF8(s, "") == s {
		return launchServicesName{Path: record.Path(s)}, true
	}
	return n, false
}
