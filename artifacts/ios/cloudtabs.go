package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CloudTabs reads the tabs that are open on the other devices of the account.
var CloudTabs = artifact.Parser{
	ID:    "ios.cloudtabs",
	Title: lang.Text{EN: "iCloud tabs of Safari", FR: "Onglets iCloud de Safari"},
	Doc: `Safari on each device of an Apple account publishes its open tabs, private
ones excepted, and CloudTabs.db keeps what came of all of them. Tabs go when they
are closed there and synchronised; those of a device that is no longer used stay
for weeks. A tab that no device of the owner can have opened tells of a device,
or a person, on the account that the owner does not know: see
ios.cloudtabdevices. Requests to close a tab of another device are here too.
Without an account, or with Safari switched off for iCloud, the file is empty or
absent.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/CloudTabs.db"},
	},
	Record: cloudTabsTab{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/safariTabs.py"},
	Parse:  from.SQLite(cloudTabsRead),
}

// cloudTabsTab is one tab of a device, or the request to close it.
type cloudTabsTab struct {
	// When the record of the tab was made and changed on the server: RecordCtime
	// and RecordMtime in system_fields, a keyed archive, UTC.
	Created  record.Time `json:"created"`
	Modified record.Time `json:"modified"`
	// When the tab was last looked at. Column last_viewed_time of later systems,
	// seconds since 2001 UTC.
	Viewed record.Time `json:"viewed"`

	URL        record.URL  `json:"url"`                   // column url
	Title      record.Text `json:"title,omitempty"`       // column title
	Device     string      `json:"device,omitempty"`      // cloud_tab_devices.device_name
	DeviceID   string      `json:"device_id"`             // column device_uuid or destination_device_uuid
	ModifiedBy string      `json:"modified_by,omitempty"` // ModifiedByDevice in system_fields: name of a device
	Close      bool        `json:"close,omitempty"`       // the row is of cloud_tab_close_requests
	Pinned     bool        `json:"pinned,omitempty"`      // column is_pinned
	Reader     bool        `json:"reader,omitempty"`      // column is_showing_reader
	Tab        string      `json:"tab"`                   // column tab_uuid
	Scene      string      `json:"scene,omitempty"`       // column scene_id, of a window
	Topic      record.Text `json:"topic,omitempty"`       // column topic_title of later systems
}

// String implements [record.Data].
func (t cloudTabsTab) String() string {
	verb := "Tab"
	if t.Close {
		verb = "Request to close a tab"
	}
	return record.Line(fmt.Sprintf("%s of device %q on %s: %s", verb, t.Device, t.URL, t.Title))
}

func cloudTabsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	devices, more := from.Join(db, "cloud_tab_devices", yield, func(r sqlite.Row) (string, string) {
		return r.Text("device_uuid"), r.Text("device_name")
	})
	if !more || !from.Rows(in, db, "cloud_tabs", yield, func(r sqlite.Row) (cloudTabsTab, bool) {
		return cloudTabsRow(r, devices, "device_uuid"), true
	}) {
		return
	}
	if _, ok := db.Table("cloud_tab_close_requests"); !ok {
		return
	}
	from.Rows(in, db, "cloud_tab_close_requests", yield, func(r sqlite.Row) (cloudTabsTab, bool) {
		t := cloudTabsRow(r, devices, "destination_device_uuid")
		t.Close = true
		return t, true
	})
}

func cloudTabsRow(r sqlite.Row, devices map[string]string, device string) cloudTabsTab {
	t := cloudTabsTab{
		Viewed:   epoch.CocoaOrUnix(r.Float("last_viewed_time")),
		URL:      record.URL(r.Text("url")),
		Title:    record.Text(r.Text("title")),
		DeviceID: r.Text(device),
		Device:   devices[r.Text(device)],
		Pinned:   r.Int("is_pinned") != 0,
		Reader:   r.Int("is_showing_reader") != 0,
		Tab:      r.Text("tab_uuid"),
		Scene:    r.Text("scene_id"),
		Topic:    record.Text(r.Text("topic_title")),
	}
	// Old versions store something else there, without the times.
	if a, err := keyedarchive.Parse(r.Blob("system_fields")); err == nil {
		t.Created = epoch.Date(a.Top("RecordCtime").Time())
		t.Modified = epoch.Date(a.Top("RecordMtime").Time())
		t.ModifiedBy = a.Top("ModifiedByDevice").Text()
	}
	return t
}
