package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A Companion is a device that an app is associated with, such as a watch, in one
// of the lists of the service companiondevice.
type Companion struct {
	Line      int
	List      string // heading: "Companion Device Associations", "Currently Connected Devices"
	ID        string // "" before Android 13
	User      int    // -1 if not recorded
	Package   string
	Address   string    // MAC address; "" if none
	Name      string    // as shown
	Profile   string    // role that the association gives the app; "" if none
	Approved  time.Time // clock without zone; zero if not recorded
	Zone      string    // of the times, as printed: "CET", "GMT+01:00"
	Connected time.Time // last connected, clock without zone; zero if never or not recorded
	Other     []Pair
}

// Companions yields the associations and connected devices of the section of the
// service companiondevice. A phone without any is no error.
func Companions(text iter.Seq[lines.Line]) iter.Seq2[Companion, error] {
	return func(yield func(Companion, error) bool) {
		r := report{service: "companiondevice"}
		list := ""
		for l := range r.watch(text) {
			n := indentation(l.Text)
			line := strings.TrimSpace(l.String())
			if head, rest, ok := strings.Cut(line, ":"); ok && n.columns == 0 && !strings.HasPrefix(line, "Association") {
				list = ""
				if strings.Contains(head, "Device") || strings.Contains(head, "Association") {
					r.found = r.found || strings.HasPrefix(head, "Companion Device Associations")
					list = head
				}
				if line = strings.TrimSpace(rest); line == "" {
					continue
				}
			}
			if list == "" || line == "" || line == "<empty>" {
				continue
			}
			c, ok := companion(line)
			if !ok {
				if strings.Contains(list, "Associations") || strings.Contains(line, "Association{") {
					r.unknown(l.Number, line)
				}
				continue
			}
			if c.Line, c.List = l.Number, list; !yield(c, nil) {
				return
			}
		}
		finish(&r, "\"Companion Device Associations:\"", yield)
	}
}

// companion reads "u0: pkg - aa:bb:cc:dd:ee:ff" (Android 11), "Association{ userId
// = 0, deviceMacAddress = …}" (12), "Association{mId=1, …}" (13 and later, after a
// note if it was removed), an address alone, and "aa:bb:cc:dd:ee:ff -> time".
func companion(line string) (Companion, bool) {
	c := Companion{User: -1}
	if note, body, ok := strings.Cut(line, "Association"); ok && strings.HasPrefix(strings.TrimSpace(body), "{") {
		end := strings.LastIndexByte(body, '}')
		if end < 0 {
			return c, false
		}
		c.association(strings.Trim(body[:end], " {"))
		if note = strings.TrimSpace(note + body[end+1:]); note != "" { // when and why it was removed
			c.Other = append(c.Other, Pair{"note", note})
		}
		return c, c.Package != ""
	}
	if user, rest, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(user, "u") {
		c.User = integer(user[1:])
		c.Package, c.Address, ok = strings.Cut(rest, " - ")
		c.Address = null(c.Address)
		return c, ok && c.User >= 0
	}
	address, at, _ := strings.Cut(line, " -> ")
	if len(address) != 17 || strings.Count(address, ":") != 5 {
		return c, false
	}
	c.Address = address
	c.Connected, c.Zone = dateText(at)
	return c, true
}

// association reads the values of an association. The name of a device can hold
// anything, also what looks like the next value.
func (c *Companion) association(body string) {
	const before, after = ", mDisplayName='", "', mDeviceProfile='"
	if i, j := strings.Index(body, before), strings.LastIndex(body, after); i >= 0 && j >= i+len(before) {
		c.Name = null(body[i+len(before) : j])
		body = body[:i] + body[j+1:]
	}
	for _, p := range strings.Split(body, ", ") {
		key, value, ok := strings.Cut(p, "=")
		key, value = strings.TrimSpace(key), null(strings.Trim(strings.TrimSpace(value), "'"))
		switch {
		case !ok:
		case key == "mId":
			c.ID = value
		case key == "mUserId" || key == "userId":
			c.User = integer(value)
		case key == "mPackageName" || key == "packageName":
			c.Package = value
		case key == "mDeviceMacAddress" || key == "deviceMacAddress":
			c.Address = value
		case key == "mDeviceProfile" || key == "deviceProfile":
			c.Profile = value
		case key == "mTimeApprovedMs" || key == "timeApprovedMs":
			c.Approved, c.Zone = dateText(value)
		case key == "mLastTimeConnectedMs":
			c.Connected, _ = dateText(value)
		default:
			c.Other = append(c.Other, Pair{key, value})
		}
	}
}

// dateText reads "Mon Feb 03 10:20:30 GMT+01:00 2031" as a clock without zone, and
// returns the zone as printed.
func dateText(s string) (time.Time, string) {
	f := strings.Fields(s)
	if len(f) != 6 {
		return time.Time{}, ""
	}
	t, err := time.Parse("Jan 2 15:04:05 2006", f[1]+" "+f[2]+" "+f[3]+" "+f[5])
	if err != nil {
		return time.Time{}, ""
	}
	return t, f[4]
}
