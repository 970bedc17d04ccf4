package ios

import (
	"fmt"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// HTTPStorages reads the hosts of which the network library remembers how to
// reach them.
var HTTPStorages = artifact.Parser{
	ID:    "ios.httpstorages",
	Title: lang.Text{EN: "Hosts that offered another way to reach them (Alt-Svc)", FR: "Hôtes ayant proposé un autre accès (Alt-Svc)"},
	Doc: `A host can say with the header Alt-Svc that it is reached better in another way,
mostly by HTTP/3. The network library of Apple systems remembers that for each app and
daemon, in HTTPStorages/<identifier>/httpstorages.sqlite, and WebKit in
AlternativeService.sqlite, until the host's own term ends: often a day or a month. A
row shows that the program reached the host over TLS: daemons, above all, have no other
history. Private browsing leaves nothing that lasts, and many hosts send no such header.
The tables are not documented and change: this gives each row that has a host, with all
its columns as they are stored. Which number of them is a time is not told here.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/httpstorages.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/AlternativeService.sqlite"},
	},
	Record: httpStoragesHost{},
	Refs: []string{
		"https://www.rfc-editor.org/rfc/rfc7838",
		"https://github.com/WebKit/WebKit/blob/main/Source/WebKit/NetworkProcess/cocoa/NetworkSessionCocoa.mm",
	},
	Parse: from.SQLite(httpStoragesRead),
}

// httpStoragesHost is one row that has a host.
type httpStoragesHost struct {
	Program record.Process  `json:"program,omitempty"` // name of the folder of the database below HTTPStorages: bundle identifier or name of the program
	Hosts   []record.Domain `json:"hosts"`             // texts of the row that are names of hosts, without ports
	URLs    []record.URL    `json:"urls,omitempty"`    // texts of the row that are addresses
	Table   string          `json:"table"`             // table it is in
	Values  []record.KV     `json:"values"`            // columns and values of the row; blobs by their length
}

// String implements [record.Data].
func (h httpStoragesHost) String() string {
	return record.Line(fmt.Sprintf("%s knows another way to %v", h.Program, h.Hosts))
}

func httpStoragesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	program := ""
	if dir := path.Dir(in.Path); path.Base(path.Dir(dir)) == "HTTPStorages" {
		program = path.Base(dir)
	}
	for _, table := range db.Tables() {
		if table.Virtual || strings.HasPrefix(table.Name, "sqlite_") {
			continue
		}
		if !from.Rows(in, db, table.Name, yield, func(r sqlite.Row) (httpStoragesHost, bool) {
			h := httpStoragesRow(r)
			h.Program, h.Table = record.Process(program), table.Name
			return h, len(h.Hosts)+len(h.URLs) > 0
		}) {
			return
		}
	}
}

func httpStoragesRow(r sqlite.Row) (h httpStoragesHost) {
	for i, col := range r.Columns() {
		v := r.At(i)
		switch v.Kind {
		case sqlite.Null:
			continue
		case sqlite.Blob:
			h.Values = append(h.Values, record.KV{Key: col, Value: fmt.Sprintf("%d bytes", len(v.Blob()))})
			continue
		}
		text := v.Text()
		h.Values = append(h.Values, record.KV{Key: col, Value: text})
		if v.Kind != sqlite.Text || text == "" {
			continue
		}
		name := strings.ToLower(col)
		switch {
		case strings.Contains(text, "://"):
			h.URLs = append(h.URLs, record.URL(text))
		case strings.Contains(name, "host") || strings.Contains(name, "domain") || from.HasLink(text) && !strings.ContainsAny(text, " /@"):
			host, _, _ := strings.Cut(text, ":")
			h.Hosts = append(h.Hosts, record.Domain(host))
		}
	}
	return h
}
