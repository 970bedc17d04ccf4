// Package imessage decodes what Messages stores in columns of sms.db: styled
// bodies (attributedBody), contents of balloons (payload_data) and the history
// of edited and unsent messages (message_summary_info).
//
// Source: the samples that imessage-exporter publishes, which the tests read, and
// for edits its edited.rs. No sample of message_summary_info was at hand: the
// keys "otr" and "rp" are known by description only.
package imessage

import (
	"errors"
	"fmt"
	"time"

	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
)

// Limits of what is kept of one balloon.
const (
	maxURLs     = 4096
	maxURLBytes = 16 << 20 // of all URLs together, repeated ones counted
	maxImages   = 256
)

// errPayload means an archive that is neither a link preview nor an app balloon.
var errPayload = errors.New("neither link preview nor app balloon")

// A Payload is the content of a balloon. One of Link and App is set.
type Payload struct {
	Link *Link
	App  *App
	// URLs are all URLs (NSURL objects) in the archive, each once, in the order
	// of the file: also those of parts that the other fields do not cover.
	URLs []string
}

// A Link is the preview of a link: balloon com.apple.messages.URLBalloonProvider.
// The preview is made on the device of the sender and sent along.
type Link struct {
	OriginalURL string // as typed or pasted
	URL         string // after redirects, as the preview was made
	Title       string
	Summary     string
	SiteName    string
	ItemType    string   // Open Graph type, such as "article"
	Images      []string // URLs of preview images
	Icons       []string // URLs of page icons
	Placeholder bool     // the preview was not loaded yet
	// Special is the class of the content behind the link, such as
	// LPiTunesMediaSongMetadata; "" for an ordinary page.
	Special       string
	Media         *Media
	Collaboration *Collaboration
}

// Media describes a link to the App Store, to Music or to similar services.
type Media struct {
	Name       string // of the track or app
	Subtitle   string
	Artist     string
	Album      string
	Genre      string
	Platform   string // of an app: "iOS"
	PreviewURL string
	StoreID    string
}

// Collaboration describes a link to a shared document.
type Collaboration struct {
	Identifier string // its URL
	Title      string
	App        string  // name of the application
	BundleID   string  // iCloud container, usually the bundle identifier
	Created    float64 // seconds since 2001-01-01 UTC; 0 if absent
}

// CreatedAt returns when the document was shared, in UTC; zero if not recorded.
func (c Collaboration) CreatedAt() time.Time {
	if c.Created == 0 {
		return time.Time{}
	}
	return plist.CocoaTime(c.Created)
}

// An App is the balloon of an iMessage application.
type App struct {
	Name               string // key "an"
	StoreID            string // key "appid"
	URL                string // data for the app; not always a URL to somewhere
	Summary            string // key "ldtext": shown in lists and notifications
	Title              string // userInfo "image-title"
	Subtitle           string // userInfo "image-subtitle"
	Caption            string
	Subcaption         string
	TrailingCaption    string // userInfo "secondary-subcaption"
	TrailingSubcaption string // userInfo "tertiary-subcaption"
	Layout             string // class, usually MSMessageTemplateLayout
	Session            string // UUID that messages of one game or poll share
	Icon               []byte // key "ai": picture of the app
	Live               []byte // key "liveLayoutInfo"
}

// ParsePayload decodes payload_data of a message with a balloon_bundle_id. It
// reads keyed archives; drawings and Digital Touch are protocol buffers, for
// which the error wraps [plist.ErrFormat].
func ParsePayload(data []byte) (Payload, error) {
	a, err := keyedarchive.Parse(data)
	if err != nil {
		return Payload{}, fmt.Errorf("parse message payload: %w", err)
	}
	p := Payload{URLs: urls(a)}
	root := a.Root()
	meta := root.Get("richLinkMetadata")
	if !meta.Exists() {
		meta = root.Get("metadata")
	}
	switch {
	case meta.Exists():
		p.Link = link(meta)
		p.Link.Placeholder = root.Get("richLinkIsPlaceholder").Bool()
	case root.Len() > 0:
		p.App = app(root)
	default:
		err := root.Err()
		if err == nil {
			err = errPayload
		}
		return p, fmt.Errorf("parse message payload of class %.60q: %w", root.Class(), err)
	}
	return p, nil
}

// urls collects the NSURL objects of an archive.
func urls(a *keyedarchive.Archive) []string {
	var list []string
	seen := make(map[string]bool)
	for i, size := 0, 0; i < a.Len() && len(list) < maxURLs && size < maxURLBytes; i++ {
		u := a.At(i).URL()
		size += len(u)
		if u == "" || seen[u] {
			continue
		}
		seen[u] = true
		list = append(list, u)
	}
	return list
}

// link reads an LPLinkMetadata.
func link(o keyedarchive.Object) *Link {
	l := &Link{
		OriginalURL: o.Get("originalURL").URL(),
		URL:         o.Get("URL").URL(),
		Title:       o.Get("title").Text(),
		Summary:     o.Get("summary").Text(),
		SiteName:    o.Get("siteName").Text(),
		ItemType:    o.Get("itemType").Text(),
		Images:      pictures(o, "images", "imageMetadata"),
		Icons:       pictures(o, "icons", "iconMetadata"),
	}
	special := o.Get("specialization2")
	if !special.Exists() {
		special = o.Get("specialization")
	}
	if inner := special.Get("specialization"); inner.Exists() {
		special = inner
	}
	l.Special = special.Class()
	if shared := o.Get("collaborationMetadata"); shared.Exists() {
		l.Collaboration = collaboration(shared, special)
	} else if special.Exists() {
		l.Media = media(special)
	}
	return l
}

// pictures returns the URLs of a list of pictures, or of the single one.
func pictures(o keyedarchive.Object, list, single string) []string {
	var found []string
	for el := range o.Get(list).Elems() {
		if u := el.Get("URL").URL(); u != "" && len(found) < maxImages {
			found = append(found, u)
		}
	}
	if u := o.Get(single).Get("URL").URL(); u != "" && len(found) == 0 {
		found = append(found, u)
	}
	return found
}

func media(o keyedarchive.Object) *Media {
	return &Media{
		Name:       o.Get("name").Text(),
		Subtitle:   o.Get("subtitle").Text(),
		Artist:     o.Get("artist").Text(),
		Album:      o.Get("album").Text(),
		Genre:      o.Get("genre").Text(),
		Platform:   o.Get("platform").Text(),
		PreviewURL: o.Get("previewURL").URL(),
		StoreID:    textOrNumber(o.Get("storeIdentifier")),
	}
}

func collaboration(o, special keyedarchive.Object) *Collaboration {
	return &Collaboration{
		Identifier: o.Get("collaborationIdentifier").Text(),
		Title:      o.Get("title").Text(),
		App:        special.Get("application").Text(),
		BundleID:   o.Get("containerSetupInfo").Get("containerID").Get("ContainerIdentifier").Text(),
		Created:    o.Get("creationDate").Float(),
	}
}

// app reads the dictionary of an app balloon.
func app(o keyedarchive.Object) *App {
	a := &App{}
	for key, v := range o.Entries() {
		switch key.Text() {
		case "an":
			a.Name = v.Text()
		case "appid":
			a.StoreID = textOrNumber(v)
		case "URL":
			a.URL = v.URL()
		case "ldtext":
			a.Summary = v.Text()
		case "layoutClass":
			a.Layout = v.Text()
		case "sessionIdentifier":
			a.Session = v.UUID()
		case "ai":
			a.Icon = v.Data()
		case "liveLayoutInfo":
			a.Live = v.Data()
		case "userInfo":
			a.layout(v)
		}
	}
	return a
}

// layout reads the texts of a template layout.
func (a *App) layout(o keyedarchive.Object) {
	for key, v := range o.Entries() {
		switch key.Text() {
		case "image-title":
			a.Title = v.Text()
		case "image-subtitle":
			a.Subtitle = v.Text()
		case "caption":
			a.Caption = v.Text()
		case "subcaption":
			a.Subcaption = v.Text()
		case "secondary-subcaption":
			a.TrailingCaption = v.Text()
		case "tertiary-subcaption":
			a.TrailingSubcaption = v.Text()
		}
	}
}

// textOrNumber returns an identifier that is stored as either.
func textOrNumber(o keyedarchive.Object) string {
	if o.Kind() == plist.Int {
		return fmt.Sprint(o.Int())
	}
	return o.Text()
}
