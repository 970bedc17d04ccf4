package ios

import (
	"fmt"
	"path"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Containers reads which app or group each folder of a container belongs to.
var Containers = artifact.Parser{
	ID:    "ios.containers",
	Title: lang.Text{EN: "Containers of apps", FR: "Conteneurs des apps"},
	Doc: `containermanagerd gives each app, extension, group and system service folders whose
names are random, and writes into each a file that says whom it is for. It stays as long
as the container. The names of apps in paths of other artifacts come from here, and a
container whose app is not installed any more tells that it was.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/**/.com.apple.mobile_container_manager.metadata.plist"},
	},
	Record: containersContainer{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP", "https://theapplewiki.com/wiki/Filesystem:/private/var/mobile/Containers"},
	Parse:  from.Plist(containersRead),
}

// containersContainer is one container.
type containersContainer struct {
	App    record.App  `json:"app"`              // key MCMMetadataIdentifier: of an app, an extension, a group or a service
	Path   record.Path `json:"path"`             // folder of the container
	Kind   string      `json:"kind"`             // name of the folder that holds it: Application, PluginKitPlugin, AppGroup, System, SystemGroup…
	Class  *int64      `json:"class,omitempty"`  // key MCMMetadataContentClass
	UUID   string      `json:"uuid,omitempty"`   // key MCMMetadataUUID
	Values []record.KV `json:"values,omitempty"` // all other keys
}

// String implements [record.Data].
func (c containersContainer) String() string {
	return record.Line(fmt.Sprintf("Container of %s: %s", c.App, c.Path))
}

func containersRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read container: root is %s, not dict", root.Kind()))
		return
	}
	folder := path.Dir(in.Path)
	c := containersContainer{
		App: record.App(root.Get("MCMMetadataIdentifier").String()), Path: record.Path(folder), Kind: path.Base(path.Dir(folder)),
		UUID: root.Get("MCMMetadataUUID").String(),
	}
	if v := root.Get("MCMMetadataContentClass"); v.Kind() == plist.Int {
		class := v.Int()
		c.Class = &class
	}
	var err error
	c.Values, err = from.Rest(root, "MCMMetadataIdentifier", "MCMMetadataUUID", "MCMMetadataContentClass")
	if !yield(in.Record(from.At("MCMMetadataIdentifier", 0, root), c), nil) || err == nil {
		return
	}
	yield(record.Record{}, err)
}
