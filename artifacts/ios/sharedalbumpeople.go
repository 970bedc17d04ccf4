package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SharedAlbumPeople reads the people of shared albums.
var SharedAlbumPeople = artifact.Parser{
	ID:    "ios.sharedalbumpeople",
	Title: lang.Text{EN: "People of shared albums", FR: "Personnes des albums partagés"},
	Doc: `Photos keeps two lists of the people it met in shared albums, owners and subscribers:
cloudSharedPersonInfos with names and addresses, and cloudSharedEmails with what was
typed to invite somebody. Somebody there whom the owner does not know may have sent an
invitation. How long entries stay is not known. The albums are in ios.sharedalbums.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Media/PhotoData/PhotoCloudSharingData/**/cloudSharedPersonInfos.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Media/PhotoData/PhotoCloudSharingData/**/cloudSharedEmails.plist"},
	},
	Record: sharedalbumpeoplePerson{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/icloudSharedalbums.py"},
	Parse:  from.Plist(sharedalbumpeopleRead),
}

// sharedalbumpeoplePerson is one key of one of the lists.
type sharedalbumpeoplePerson struct {
	Person string         `json:"person"`           // the key: an identifier of the person
	Emails []record.Email `json:"emails,omitempty"` // keys email and emails, or the value if it is a text
	First  record.Text    `json:"first,omitempty"`  // key firstName
	Last   record.Text    `json:"last,omitempty"`   // key lastName
	Name   record.Text    `json:"name,omitempty"`   // key fullName
	Other  []record.KV    `json:"other,omitempty"`  // the other keys, or the value if it is of another kind
}

// String implements [record.Data].
func (p sharedalbumpeoplePerson) String() string {
	s := fmt.Sprintf("person of shared albums %s %s", p.Person, p.Name)
	for _, e := range p.Emails {
		s += " " + string(e)
	}
	return record.Line(s)
}

func sharedalbumpeopleRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read people: root is %s, not dict", root.Kind()))
		return
	}
	row := 0
	for key, v := range root.Items() {
		row++
		p, err := sharedalbumpeopleOne(key, v)
		if !yield(in.Record(from.At(key, row, v), p), nil) || err != nil && !yield(record.Record{}, err) {
			return
		}
	}
}

// sharedalbumpeopleMax bounds the addresses of one person.
const sharedalbumpeopleMax = 1 << 10

func sharedalbumpeopleOne(key string, v plist.Value) (p sharedalbumpeoplePerson, err error) {
	p.Person = key
	switch v.Kind() {
	case plist.Dict:
		p.First, p.Last = record.Text(v.Get("firstName").String()), record.Text(v.Get("lastName").String())
		p.Name = record.Text(v.Get("fullName").String())
		if e := v.Get("email").String(); e != "" {
			p.Emails = append(p.Emails, record.Email(e))
		}
		list := v.Get("emails")
		for i := range min(list.Len(), sharedalbumpeopleMax) {
			if e := record.Email(list.Index(i).String()); len(p.Emails) == 0 || e != p.Emails[0] {
				p.Emails = append(p.Emails, e)
			}
		}
		if list.Len() > sharedalbumpeopleMax {
			err = fmt.Errorf("read person %q: more than %d addresses", key, sharedalbumpeopleMax)
			return p, err
		}
		p.Other, err = from.Rest(v, "firstName", "lastName", "fullName", "email", "emails")
	case plist.String:
		p.Emails = []record.Email{record.Email(v.String())}
	default:
		p.Other, err = from.Leaves(v)
	}
	return p, err
}
