package ios

import (
	"fmt"
	"path"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SharedAlbums reads the shared albums of iCloud.
var SharedAlbums = artifact.Parser{
	ID:    "ios.sharedalbums",
	Title: lang.Text{EN: "Shared albums", FR: "Albums partagés"},
	Doc: `Photos keeps a folder for each shared album that the owner made, was invited to or
subscribed to, with who owns it and since when. Amnesty International suspects that an
attack of Pegasus came through Photostream, and an album of somebody unknown puts
pictures on the phone. Folders go when the album is left or deleted. People
of shared albums are in ios.sharedalbumpeople. Most phones have few.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Media/PhotoData/PhotoCloudSharingData/**/Info.plist"},
	},
	Record: sharedalbumsAlbum{},
	Refs: []string{
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/icloudSharedalbums.py",
		"https://www.amnesty.org/en/latest/research/2021/07/forensic-methodology-report-how-to-catch-nso-groups-pegasus/",
	},
	Parse: from.Plist(sharedalbumsRead),
}

// sharedalbumsAlbum is one album.
type sharedalbumsAlbum struct {
	Subscribed record.Time `json:"subscribed"` // key cloudSubscriptionDate: a date, or seconds since 2001 UTC

	Title        record.Text  `json:"title"`                  // key title
	OwnerEmail   record.Email `json:"owner_email,omitempty"`  // key cloudOwnerEmail
	OwnerFirst   record.Text  `json:"owner_first,omitempty"`  // key cloudOwnerFirstName
	OwnerLast    record.Text  `json:"owner_last,omitempty"`   // key cloudOwnerLastName
	OwnerID      string       `json:"owner_id,omitempty"`     // key cloudOwnerHashedPersonID
	Public       bool         `json:"public"`                 // key cloudPublicURLEnabled: everybody with its address sees it
	Relationship string       `json:"relationship,omitempty"` // key cloudRelationshipState, a number
	Album        string       `json:"album"`                  // name of its folder
	Other        []record.KV  `json:"other,omitempty"`        // the other keys
}

// String implements [record.Data].
func (a sharedalbumsAlbum) String() string {
	return record.Line(fmt.Sprintf("shared album %s of %s %s %s", a.Title, a.OwnerFirst, a.OwnerLast, a.OwnerEmail))
}

func sharedalbumsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read album: root is %s, not dict", root.Kind()))
		return
	}
	rest, err := from.Rest(root, "cloudSubscriptionDate", "title", "cloudOwnerEmail", "cloudOwnerFirstName", "cloudOwnerLastName",
		"cloudOwnerHashedPersonID", "cloudPublicURLEnabled", "cloudRelationshipState")
	a := sharedalbumsAlbum{
		Subscribed:   epoch.Date(root.Get("cloudSubscriptionDate").Time()),
		Title:        record.Text(root.Get("title").String()),
		OwnerEmail:   record.Email(root.Get("cloudOwnerEmail").String()),
		OwnerFirst:   record.Text(root.Get("cloudOwnerFirstName").String()),
		OwnerLast:    record.Text(root.Get("cloudOwnerLastName").String()),
		OwnerID:      root.Get("cloudOwnerHashedPersonID").String(),
		Public:       root.Get("cloudPublicURLEnabled").Bool() || root.Get("cloudPublicURLEnabled").Int() != 0,
		Relationship: from.Text(root.Get("cloudRelationshipState")),
		Album:        path.Base(path.Dir(in.Path)),
		Other:        rest,
	}
	if d := root.Get("cloudSubscriptionDate"); d.Kind() == plist.Real || d.Kind() == plist.Int {
		a.Subscribed = epoch.CocoaReal(d.Float())
	}
	if yield(in.Record(from.At("Info", 1, root), a), nil) && err != nil {
		yield(record.Record{}, err)
	}
}
