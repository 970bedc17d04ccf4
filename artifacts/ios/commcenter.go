package ios

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CommCenter reads the settings of the mobile network, access points included.
var CommCenter = artifact.Parser{
	ID:    "ios.commcenter",
	Title: lang.Text{EN: "Mobile network: SIM cards and access points", FR: "Réseau mobile : cartes SIM et points d'accès"},
	Doc: `CommCenter keeps its settings in the wireless folder: the SIM cards it knows with
their numbers and the time of last use, the last network, and in user_apns the access
points (APN) that a user or a profile set. A proxy or access point that the operator
did not give sends mobile traffic elsewhere; SIM cards nobody remembers may show a
SIM swap. Starts of CommCenter itself, which starts with the phone, are records of their
own where they are kept. Files without such keys are on every phone.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/wireless/Library/Preferences/com.apple.commcenter*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/wireless/Library/Preferences/com.apple.CommCenter*.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/wireless/Library/Preferences/com.apple.carrier*.plist"},
	},
	Record: commCenter{},
	Refs:   []string{"https://github.com/log2timeline/plaso", "https://developer.apple.com/documentation/devicemanagement/cellular"},
	Parse:  from.Plist(commCenterRead),
}

// commCenter is one SIM card of a file, or one other key at the top of it.
type commCenter struct {
	Time   record.Time  `json:"time"`             // SIM card: info.ts, seconds since 1970 UTC, last use; start: seconds since 1970 UTC; otherwise the value, if it is a date or, under a key that ends in Timestamp or Time, seconds since 2001 UTC
	File   string       `json:"file"`             // name of the file without .plist
	Key    string       `json:"key"`              // PersonalWallet/<ICCID>, LastKnownICCID, dataUsageBreadcrumbsSection/launchTimestamps/0…
	ICCID  string       `json:"iccid,omitempty"`  // SIM card: number of the card
	Phone  record.Phone `json:"phone,omitempty"`  // SIM card: info.mdn, or phonebook.CopiedSIMPhoneNumber
	Label  string       `json:"label,omitempty"`  // SIM card: info.label-id
	Type   string       `json:"type,omitempty"`   // SIM card: info.type: sim…
	Value  record.Text  `json:"value,omitempty"`  // of a key with a single value
	Values []record.KV  `json:"values,omitempty"` // of a key with a list or dictionary: paths in it and values
}

// String implements [record.Data].
func (c commCenter) String() string {
	if c.ICCID != "" {
		return record.Line(fmt.Sprintf("SIM card %s, number %s", c.ICCID, c.Phone))
	}
	return record.Line(c.File + ": " + from.SettingLine(c.Key, string(c.Value), c.Values))
}

func commCenterRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	file := strings.TrimSuffix(path.Base(in.Path), ".plist")
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read settings: root is %s, not dict", root.Kind()))
		return
	}
	for key, v := range root.Items() {
		if key == "PersonalWallet" && v.Kind() == plist.Dict && v.Len() > 0 {
			for iccid, card := range v.Items() {
				c, err := commCenterCard(iccid, card)
				c.File = file
				if !yield(in.Record(from.At(c.Key, 0, card), c), nil) || err != nil && !yield(record.Record{}, err) {
					return
				}
			}
			continue
		}
		s, err := from.NewSetting(key, v)
		c := commCenter{File: file, Key: key, Time: s.Time, Value: record.Text(s.Value), Values: s.Values}
		if v.Kind() == plist.Real && (strings.HasSuffix(key, "Timestamp") || strings.HasSuffix(key, "Time")) {
			c.Time = epoch.CocoaReal(v.Float())
		}
		if !yield(in.Record(from.At(key, 0, v), c), nil) || err != nil && !yield(record.Record{}, err) {
			return
		}
		if key == "dataUsageBreadcrumbsSection" && !commCenterStarts(in, file, v.Get("launchTimestamps"), yield) {
			return
		}
	}
}

// commCenterStarts yields when CommCenter started, which it does with the phone.
// It returns whether to go on.
func commCenterStarts(in *artifact.Input, file string, list plist.Value, yield func(record.Record, error) bool) bool {
	n := 0
	for v := range list.Elems() {
		key := fmt.Sprintf("dataUsageBreadcrumbsSection/launchTimestamps/%d", n)
		if n++; v.Kind() != plist.Int {
			if !yield(record.Record{}, fmt.Errorf("read %s: %s is no whole number", key, v.Kind())) {
				return false
			}
			continue
		}
		c := commCenter{File: file, Key: key, Time: epoch.Unix(v.Int()), Value: record.Text(strconv.FormatInt(v.Int(), 10))}
		if !yield(in.Record(from.At(key, n, v), c), nil) {
			return false
		}
	}
	return true
}

func commCenterCard(iccid string, v plist.Value) (commCenter, error) {
	info := v.Get("info")
	c := commCenter{
		Key: "PersonalWallet/" + iccid, ICCID: iccid, Time: epoch.Unix(info.Get("ts").Int()),
		Phone: record.Phone(from.Text(info.Get("mdn"))), Label: from.Text(info.Get("label-id")), Type: from.Text(info.Get("type")),
	}
	if c.Phone == "" {
		c.Phone = record.Phone(from.Text(v.Get("phonebook").Get("CopiedSIMPhoneNumber")))
	}
	s, err := from.NewSetting("value", v)
	c.Value, c.Values = record.Text(s.Value), s.Values
	return c, err
}
