package ios

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Notifications reads the notifications that wait in the notification centre.
var Notifications = artifact.Parser{
	ID:    "ios.notifications",
	Title: lang.Text{EN: "Delivered notifications", FR: "Notifications reçues"},
	Doc: `DeliveredNotifications.plist holds, for each app, the notifications that were
shown and not yet dismissed, with their text. usernotificationsd writes it and
removes each notification when it is opened or cleared. It keeps the text and
sender of messages that were deleted in their app or came from apps that encrypt
their own store, links, and warnings from Apple. That there is none is usual.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/UserNotifications/*/DeliveredNotifications.plist"},
	},
	Record: notificationsNotification{},
	Refs: []string{
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/notificationsXII.py",
		"https://developer.apple.com/documentation/usernotifications/unnotificationcontent",
	},
	Parse: from.Archive(notificationsRead),
}

// notificationsNotification is one notification, a dictionary of the list.
type notificationsNotification struct {
	Shown     record.Time `json:"shown"`               // key AppNotificationCreationDate
	Requested record.Time `json:"requested,omitempty"` // key RequestDate
	Trigger   record.Time `json:"trigger,omitempty"`   // key TriggerDate
	Expires   record.Time `json:"expires,omitempty"`   // key ExpirationDate
	Content   record.Time `json:"content,omitempty"`   // key ContentDate

	App         record.App  `json:"app"`                    // name of the folder: bundle identifier or, from iOS 12, often a UUID that stands for one
	Title       record.Text `json:"title,omitempty"`        // key AppNotificationTitle
	Subtitle    record.Text `json:"subtitle,omitempty"`     // key AppNotificationSubtitle
	Message     record.Text `json:"message"`                // key AppNotificationMessage
	Header      record.Text `json:"header,omitempty"`       // key Header
	Footer      record.Text `json:"footer,omitempty"`       // key Footer
	Sender      record.Text `json:"sender,omitempty"`       // key CommunicationContextDisplayName: who wrote, or the group
	URL         record.URL  `json:"url,omitempty"`          // key DefaultActionURL: what opening it opens
	ContentURL  record.URL  `json:"content_url,omitempty"`  // key CommunicationContextContentURL
	TriggerType string      `json:"trigger_type,omitempty"` // key UNNotificationTriggerType: Push for those from a server
	Category    string      `json:"category,omitempty"`     // key SBSPushStoreNotificationCategoryKey
	Thread      string      `json:"thread,omitempty"`       // key SBSPushStoreNotificationThreadKey: the conversation in the app
	Identifier  string      `json:"identifier,omitempty"`   // key AppNotificationIdentifier
	UserInfo    []record.KV `json:"user_info,omitempty"`    // key UNNotificationUserInfo: what the app or its server added
	Other       []record.KV `json:"other,omitempty"`        // the other keys
}

// String implements [record.Data].
func (n notificationsNotification) String() string {
	s := "notification of " + string(n.App)
	for _, t := range []record.Text{n.Title, n.Subtitle, n.Message} {
		if t != "" {
			s += ", " + string(t)
		}
	}
	return record.Line(s)
}

// notificationsMaxDepth bounds the lists and dictionaries around a notification.
const notificationsMaxDepth = 8

func notificationsRead(in *artifact.Input, root keyedarchive.Object, yield func(record.Record, error) bool) {
	row := 0
	var budget from.Budget
	seen := map[int]bool{} // shared lists are read once
	var walk func(o keyedarchive.Object, depth int) bool
	walk = func(o keyedarchive.Object, depth int) bool {
		if err := o.Err(); err != nil {
			return yield(record.Record{}, fmt.Errorf("read notification %d: %w", row+1, err))
		}
		if n := o.Number(); n != 0 {
			if seen[n] {
				return true
			}
			seen[n] = true
		}
		if depth > notificationsMaxDepth {
			return yield(record.Record{}, fmt.Errorf("read notification %d: nested deeper than %d", row+1, notificationsMaxDepth))
		}
		if o.IsA("NSDictionary") && notificationsIs(o) {
			row++
			n, err := notificationsOne(o, &budget)
			n.App = record.App(path.Base(path.Dir(in.Path)))
			if err != nil && !yield(record.Record{}, fmt.Errorf("read notification %d: %w", row, err)) {
				return false
			}
			return yield(in.Record(from.At("notification", row, o.Value()), n), nil)
		}
		for e := range o.Elems() {
			if !walk(e, depth+1) {
				return false
			}
		}
		for _, e := range o.Entries() {
			if !walk(e, depth+1) {
				return false
			}
		}
		return true
	}
	walk(root, 0)
}

// notificationsIs reports whether a dictionary is a notification, and not a list
// of them by some key.
func notificationsIs(o keyedarchive.Object) bool {
	for key := range o.Entries() {
		if strings.HasPrefix(key.Text(), "AppNotification") {
			return true
		}
	}
	return false
}

// notificationsKnown lists the keys that have a field.
var notificationsKnown = []string{
	"AppNotificationCreationDate", "RequestDate", "TriggerDate", "ExpirationDate", "ContentDate", "AppNotificationTitle",
	"AppNotificationSubtitle", "AppNotificationMessage", "Header", "Footer", "CommunicationContextDisplayName", "DefaultActionURL",
	"CommunicationContextContentURL", "UNNotificationTriggerType", "SBSPushStoreNotificationCategoryKey",
	"SBSPushStoreNotificationThreadKey", "AppNotificationIdentifier", "UNNotificationUserInfo",
}

func notificationsOne(o keyedarchive.Object, budget *from.Budget) (notificationsNotification, error) {
	n := notificationsNotification{
		Shown:       notificationsTime(o.Lookup("AppNotificationCreationDate")),
		Requested:   notificationsTime(o.Lookup("RequestDate")),
		Trigger:     notificationsTime(o.Lookup("TriggerDate")),
		Expires:     notificationsTime(o.Lookup("ExpirationDate")),
		Content:     notificationsTime(o.Lookup("ContentDate")),
		Title:       record.Text(o.Lookup("AppNotificationTitle").Text()),
		Subtitle:    record.Text(o.Lookup("AppNotificationSubtitle").Text()),
		Message:     record.Text(o.Lookup("AppNotificationMessage").Text()),
		Header:      record.Text(o.Lookup("Header").Text()),
		Footer:      record.Text(o.Lookup("Footer").Text()),
		Sender:      record.Text(o.Lookup("CommunicationContextDisplayName").Text()),
		URL:         notificationsURL(o.Lookup("DefaultActionURL")),
		ContentURL:  notificationsURL(o.Lookup("CommunicationContextContentURL")),
		TriggerType: o.Lookup("UNNotificationTriggerType").Text(),
		Category:    o.Lookup("SBSPushStoreNotificationCategoryKey").Text(),
		Thread:      o.Lookup("SBSPushStoreNotificationThreadKey").Text(),
		Identifier:  o.Lookup("AppNotificationIdentifier").Text(),
	}
	var err, other error
	if info := o.Lookup("UNNotificationUserInfo"); info.Exists() {
		n.UserInfo, err = budget.ObjectLeaves(info)
	}
	n.Other, other = budget.ObjectRest(o, notificationsKnown...)
	return n, errors.Join(err, other)
}

// notificationsTime reads a date, or seconds since 2001.
func notificationsTime(o keyedarchive.Object) record.Time {
	if t := o.Time(); !t.IsZero() {
		return epoch.Date(t)
	}
	return epoch.CocoaReal(o.Float())
}

// notificationsURL reads a URL that is stored as a text or as an object.
func notificationsURL(o keyedarchive.Object) record.URL {
	if u := o.URL(); u != "" {
		return record.URL(u)
	}
	return record.URL(o.Text())
}
