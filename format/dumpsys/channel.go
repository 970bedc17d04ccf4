package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A Channel is what the service notification keeps of one app, or of one of its
// channels or groups of channels: kinds of notifications that it shows.
type Channel struct {
	Line       int
	List       string // "installed", or "restored": of an app that is not installed
	Kind       string // "app", "channel", "group"
	Package    string
	UID        int    // -1 if not recorded
	ID         string // of a channel or group
	Name       string // shortened by Android 10 and later
	Importance string // of a channel a number, of an app "NONE", "DEFAULT"; "" if not recorded
	Deleted    string // "true", "false"; "" if not recorded
	DeletedAt  string // milliseconds since 1970-01-01 UTC; "" if not recorded, "-1" if not deleted
	Other      []Pair
}

// Channels yields the apps of the preferences of the service notification, with
// their channels.
func Channels(text iter.Seq[lines.Line]) iter.Seq2[Channel, error] {
	return func(yield func(Channel, error) bool) {
		r := report{service: "notification"}
		app := Channel{List: "installed", UID: -1}
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			c := Channel{Line: l.Number, List: app.List, Package: app.Package, UID: app.UID}
			switch {
			case line == "Restored without uid:":
				app = Channel{List: "restored", UID: -1}
				continue
			case line == "PackagePreferences:" || line == "per-package config:" || line == "Ranking Config:":
				app = Channel{List: "installed", UID: -1}
				r.found = true
				continue
			case strings.HasPrefix(line, "AppSettings: "):
				c.app(line)
				app, r.found = c, true
			case strings.HasPrefix(line, "NotificationChannel{") && app.Package != "":
				c.Kind = "channel"
				c.channel(line)
			case strings.HasPrefix(line, "NotificationChannelGroup{") && app.Package != "":
				c.Kind = "group"
				c.channel(line)
			case strings.HasSuffix(line, ":") && !strings.Contains(line, " {"):
				app.Package = "" // the list has ended
				continue
			default:
				continue
			}
			if c.Package == "" || c.Kind != "app" && c.ID == "" {
				r.unknown(l.Number, line)
				continue
			}
			if !yield(c, nil) {
				return
			}
		}
		finish(&r, "\"Ranking Config:\"", yield)
	}
}

// app reads "AppSettings: com.example (10123) importance=NONE userSet=true".
func (c *Channel) app(line string) {
	rest := strings.TrimPrefix(line, "AppSettings: ")
	name, rest, _ := strings.Cut(rest, " (")
	uid, rest, _ := strings.Cut(rest, ")")
	c.Kind, c.Package, c.UID = "app", strings.TrimSpace(name), integer(uid)
	for k, v := range Pairs(rest) {
		if k == "importance" {
			c.Importance = v
		} else if k != "" {
			c.Other = append(c.Other, Pair{k, v})
		}
	}
}

// channel reads "NotificationChannel{mId='x', mName=…, mImportance=3, …}". The ID
// and the name can hold anything.
func (c *Channel) channel(line string) {
	_, body, _ := strings.Cut(strings.TrimSuffix(line, "}"), "{")
	const mark = "', mName="
	if i := strings.Index(body, mark); strings.HasPrefix(body, "mId='") && i >= 0 {
		c.ID, body = body[len("mId='"):i], body[i+3:]
		if i = strings.Index(body, ", mDescription="); i >= 0 {
			c.Name, body = strings.TrimPrefix(body[:i], "mName="), body[i+2:]
		}
	}
	for _, p := range strings.Split(body, ", ") {
		key, value, ok := strings.Cut(p, "=")
		switch {
		case !ok:
		case key == "mImportance":
			c.Importance = value
		case key == "mDeleted":
			c.Deleted = value
		case key == "mDeletedTimeMs":
			c.DeletedAt = value
		case key == "mParent" || key == "mConversationId" || key == "mGroup" || key == "mLockscreenVisibility" || key == "mBypassDnd" || key == "mShowBadge" || key == "mBlocked":
			if value = null(strings.Trim(value, "'")); value != "" {
				c.Other = append(c.Other, Pair{key, value})
			}
		}
	}
}
