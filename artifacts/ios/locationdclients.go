package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LocationdClients reads which apps and services asked for the location.
var LocationdClients = artifact.Parser{
	ID:    "ios.locationdclients",
	Title: lang.Text{EN: "Clients of the location service", FR: "Clients du service de localisation"},
	Doc: `locationd keeps an entry for each app, service and bundle that ever asked for the
location, with its authorization, its executable and the last start and end of each
kind of use. Entries stay until location settings are reset. An executable outside
the folders of apps and of the system, or a location bundle that is no part of iOS,
deserves a look. A program that takes the position from elsewhere is not listed.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/root/Library/Caches/locationd/clients.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Caches/locationd/clients.plist"},
	},
	Record: locationdClientsClient{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#locationd_clientsjson"},
	Parse:  from.Plist(locationdClientsRead),
}

// locationdClientsClient is one client. Times are seconds since 2001 UTC, by the keys
// of the same name.
type locationdClientsClient struct {
	Started       record.Time `json:"location_started"`                // LocationTimeStarted
	Stopped       record.Time `json:"location_stopped"`                // LocationTimeStopped
	Background    record.Time `json:"background_stopped,omitempty"`    // BackgroundLocationTimeStopped
	Received      record.Time `json:"received,omitempty"`              // ReceivingLocationInformationTimeStopped
	Visit         record.Time `json:"visit_stopped,omitempty"`         // VisitTimeStopped
	Significant   record.Time `json:"significant_stopped,omitempty"`   // SignificantTimeStopped
	NonPersistent record.Time `json:"nonpersistent_stopped,omitempty"` // NonPersistentSignificantTimeStopped
	Fence         record.Time `json:"fence_stopped,omitempty"`         // FenceTimeStopped
	Beacon        record.Time `json:"beacon_stopped,omitempty"`        // BeaconRegionTimeStopped
	Consumption   record.Time `json:"consumption,omitempty"`           // ConsumptionPeriodBegin
	FenceStart    record.Time `json:"fence_started,omitempty"`         // FenceTimeStarted
	SignificantOn record.Time `json:"significant_started,omitempty"`   // SignificantTimeStarted
	BackgroundOn  record.Time `json:"background_started,omitempty"`    // BackgroundLocationTimeStarted
	ReceivedStart record.Time `json:"received_started,omitempty"`      // ReceivingLocationInformationTimeStarted

	Client        record.App     `json:"client"`                  // the key without its prefix and final colon: bundle identifier or path
	Key           string         `json:"key"`                     // the key as stored
	App           record.App     `json:"app,omitempty"`           // BundleId
	Bundle        record.Path    `json:"bundle,omitempty"`        // BundlePath
	Executable    record.Path    `json:"executable,omitempty"`    // Executable
	Process       record.Process `json:"process,omitempty"`       // last element of Executable, or of the key if that is a path
	Registered    record.Path    `json:"registered,omitempty"`    // Registered, if it is a text: path of what registered
	Authorization *int64         `json:"authorization,omitempty"` // Authorization: 1 never, 2 while in use, 4 always, as observed
	Other         []record.KV    `json:"other,omitempty"`         // all other keys; the remaining times of starts and stops too, as stored
}

// String implements [record.Data].
func (c locationdClientsClient) String() string {
	return record.Line(fmt.Sprintf("location client %s %s", c.Client, c.Executable))
}

func locationdClientsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read location clients: root is %s, not dict", root.Kind()))
		return
	}
	for key, v := range root.Items() {
		c, err := locationdClientsOne(key, v)
		if !yield(in.Record(from.At(key, 0, v), c), nil) || err != nil && !yield(record.Record{}, err) {
			return
		}
	}
}

func locationdClientsOne(key string, v plist.Value) (locationdClientsClient, error) {
	c := locationdClientsClient{Key: key, Client: record.App(locationdClientsName(key))}
	times := map[string]*record.Time{
		"LocationTimeStarted": &c.Started, "LocationTimeStopped": &c.Stopped, "BackgroundLocationTimeStopped": &c.Background,
		"ReceivingLocationInformationTimeStopped": &c.Received, "VisitTimeStopped": &c.Visit, "SignificantTimeStopped": &c.Significant,
		"NonPersistentSignificantTimeStopped": &c.NonPersistent, "FenceTimeStopped": &c.Fence, "BeaconRegionTimeStopped": &c.Beacon,
		"ConsumptionPeriodBegin": &c.Consumption, "FenceTimeStarted": &c.FenceStart, "SignificantTimeStarted": &c.SignificantOn,
		"BackgroundLocationTimeStarted": &c.BackgroundOn, "ReceivingLocationInformationTimeStarted": &c.ReceivedStart,
	}
	var known []string
	for name, val := range v.Items() {
		if t := times[name]; t != nil && val.Kind() != plist.String {
			*t = locationdClientsTime(val)
			known = append(known, name)
			continue
		}
		switch {
		case name == "BundleId":
			c.App = record.App(from.Text(val))
		case name == "BundlePath":
			c.Bundle = record.Path(from.Text(val))
		case name == "Executable":
			c.Executable = record.Path(from.Text(val))
		case name == "Registered" && val.Kind() == plist.String:
			c.Registered = record.Path(val.String())
		case name == "Authorization" && val.Kind() == plist.Int:
			n := val.Int()
			c.Authorization = &n
		default:
			continue
		}
		known = append(known, name)
	}
	c.Process = locationdClientsProcess(c)
	if v.Kind() != plist.Dict {
		s, err := from.NewSetting("value", v)
		c.Other = append(s.Values, record.KV{Key: s.Key, Value: s.Value})
		return c, err
	}
	var err error
	c.Other, err = from.Rest(v, known...)
	return c, err
}

// locationdClientsName returns the identifier or path in a key such as
// "icom.example.app:", whose first letter tells the kind of client.
func locationdClientsName(key string) string {
	name := strings.TrimSuffix(key, ":")
	if strings.HasPrefix(name, "i") && strings.Count(name, ".") > 1 && !strings.HasPrefix(name, "io.") && strings.HasSuffix(key, ":") {
		name = name[1:]
	}
	return name
}

func locationdClientsProcess(c locationdClientsClient) record.Process {
	name := string(c.Executable)
	if name == "" && strings.Contains(c.Key, "/") {
		name = strings.TrimSuffix(c.Key, ":")
	}
	return record.Process(name[strings.LastIndexByte(name, '/')+1:])
}

func locationdClientsTime(v plist.Value) record.Time {
	if v.Kind() == plist.Date {
		return epoch.Date(v.Time())
	}
	if v.Kind() == plist.Int {
		return epoch.Cocoa(v.Int())
	}
	return epoch.CocoaReal(v.Float())
}
