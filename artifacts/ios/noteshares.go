package ios

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// NoteShares reads with whom notes are shared.
var NoteShares = artifact.Parser{
	ID:    "ios.noteshares",
	Title: lang.Text{EN: "People who share notes", FR: "Personnes qui partagent des notes"},
	Doc: `A note or a folder of Notes that is shared carries, in NoteStore.sqlite, an archive of
its share with all who take part: the owner of the phone, those invited, and whether
they accepted. Notes writes it as it syncs with iCloud; it goes when sharing ends. A
note shared by a stranger brings text, links and files to the phone. One record is one
participant, the owner included; a share that names nobody gives one without person. Most phones have none. Invitations that wait are in
ios.noteinvitations, the notes themselves in ios.notes.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/NoteStore.sqlite"},
	},
	Record: notesharesPerson{},
	Refs: []string{
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/cloudkitSharing.py",
		"https://developer.apple.com/documentation/cloudkit/ckshare/participant",
		"https://learn.microsoft.com/en-us/dotnet/api/cloudkit.ckshareparticipantrole",
	},
	Parse: from.SQLite(notesharesRead),
}

// notesharesPerson is one participant of a share, an element of Participants in
// the archive of column ZSERVERSHAREDATA. Times are UTC.
type notesharesPerson struct {
	Created  record.Time `json:"created"`  // RecordCtime: when the share was made
	Modified record.Time `json:"modified"` // RecordMtime: when it was last changed

	Name       record.Text  `json:"name,omitempty"`        // UserIdentity.NameComponents: given, middle and family name, nickname
	Email      record.Email `json:"email,omitempty"`       // UserIdentity.LookupInfo.EmailAddress
	Phone      record.Phone `json:"phone,omitempty"`       // UserIdentity.LookupInfo.PhoneNumber
	Title      record.Text  `json:"title,omitempty"`       // column ZTITLE1 or ZTITLE2: of the note or folder; ZTITLE of an invitation
	Type       string       `json:"type,omitempty"`        // Type of the participant; an administrator may invite others (public from iOS 26)
	Acceptance string       `json:"acceptance,omitempty"`  // AcceptanceStatus
	Permission string       `json:"permission,omitempty"`  // Permission
	Self       bool         `json:"self"`                  // IsCurrentUser: the owner of the phone
	Inviter    string       `json:"inviter,omitempty"`     // InviterID
	Public     string       `json:"public,omitempty"`      // PublicPermission of the share: what those may do who have its link
	URL        record.URL   `json:"url,omitempty"`         // URL of the share
	Device     record.Text  `json:"device,omitempty"`      // ModifiedByDevice: name of the device that changed it last
	Container  record.App   `json:"container,omitempty"`   // ContainerID.ContainerIdentifier: com.apple.notes
	ShareID    string       `json:"share_id,omitempty"`    // RecordID.RecordName
	NoteID     string       `json:"note_id,omitempty"`     // RootRecordID.RecordName, which is column ZIDENTIFIER of the note
	PersonID   string       `json:"person_id,omitempty"`   // ParticipantID
	UserRecord string       `json:"user_record,omitempty"` // UserIdentity.UserRecordID.RecordName
}

// String implements [record.Data].
func (p notesharesPerson) String() string {
	return record.Line(fmt.Sprintf("note %s is shared with %s %s%s: %s, %s", p.Title, p.Name, p.Email, p.Phone, p.Type, p.Acceptance))
}

// notesharesMax bounds the participants of one share.
const notesharesMax = 1 << 12

func notesharesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	for _, table := range []string{"ZICCLOUDSYNCINGOBJECT", "ZICINVITATION"} {
		var versions from.Versions
		for r, err := range db.All(table) {
			if err != nil {
				if !errors.Is(err, sqlite.ErrNoTable) || table == "ZICCLOUDSYNCINGOBJECT" {
					if !yield(record.Record{}, err) {
						return
					}
				}
				continue
			}
			if len(r.Blob("ZSERVERSHAREDATA")) > 0 && !notesharesRow(in, table, r, &versions, yield) {
				return
			}
		}
	}
}

// notesharesRow yields the participants in the share of a row.
func notesharesRow(in *artifact.Input, table string, r sqlite.Row, versions *from.Versions, yield func(record.Record, error) bool) bool {
	a, err := keyedarchive.Parse(r.Blob("ZSERVERSHAREDATA"))
	if err != nil {
		return yield(record.Record{}, fmt.Errorf("read share of %s %d: %w", table, r.ID, err))
	}
	share := notesharesShare(a)
	for _, column := range []string{"ZTITLE1", "ZTITLE2", "ZTITLE"} {
		if share.Title == "" {
			share.Title = record.Text(r.Text(column))
		}
	}
	n := 0
	for p := range a.Top("Participants").Elems() {
		if n++; n > notesharesMax {
			return yield(record.Record{}, fmt.Errorf("read share of %s %d: more than %d participants", table, r.ID, notesharesMax))
		}
		if err := p.Err(); err != nil {
			if !yield(record.Record{}, fmt.Errorf("read share of %s %d: participant %d: %w", table, r.ID, n, err)) {
				return false
			}
			continue
		}
		d := notesharesOne(share, p)
		if !versions.Repeat(r, d) && !yield(in.Record(from.Origin(in, table, r), d), nil) {
			return false
		}
	}
	if n == 0 && !versions.Repeat(r, share) {
		return yield(in.Record(from.Origin(in, table, r), share), nil)
	}
	return true
}

// notesharesShare returns what all participants of a share have in common.
func notesharesShare(a *keyedarchive.Archive) notesharesPerson {
	return notesharesPerson{
		Created:   notesharesTime(a.Top("RecordCtime")),
		Modified:  notesharesTime(a.Top("RecordMtime")),
		Public:    notesharesPermission(a.Top("PublicPermission")),
		URL:       record.URL(a.Top("URL").URL()),
		Device:    record.Text(a.Top("ModifiedByDevice").Text()),
		Container: record.App(a.Top("ContainerID").Get("ContainerIdentifier").Text()),
		ShareID:   a.Top("RecordID").Get("RecordName").Text(),
		NoteID:    a.Top("RootRecordID").Get("RecordName").Text(),
	}
}

func notesharesOne(p notesharesPerson, o keyedarchive.Object) notesharesPerson {
	who := o.Get("UserIdentity")
	name := who.Get("NameComponents").Get("NS.nameComponentsPrivate")
	var names []string
	for _, key := range []string{"NS.namePrefix", "NS.givenName", "NS.middleName", "NS.familyName", "NS.nameSuffix", "NS.nickname"} {
		if s := name.Get(key).Text(); s != "" {
			names = append(names, s)
		}
	}
	p.Name = record.Text(strings.Join(names, " "))
	p.Email = record.Email(who.Get("LookupInfo").Get("EmailAddress").Text())
	p.Phone = record.Phone(who.Get("LookupInfo").Get("PhoneNumber").Text())
	p.UserRecord = who.Get("UserRecordID").Get("RecordName").Text()
	p.Type = record.Name(o.Get("Type").Int(), "unknown", "owner", "administrator", "private user", "public user")
	p.Acceptance = record.Name(o.Get("AcceptanceStatus").Int(), "unknown", "pending", "accepted", "removed")
	p.Permission = notesharesPermission(o.Get("Permission"))
	p.Self = o.Get("IsCurrentUser").Bool()
	p.Inviter = o.Get("InviterID").Text()
	p.PersonID = o.Get("ParticipantID").Text()
	return p
}

func notesharesPermission(o keyedarchive.Object) string {
	return record.Name(o.Int(), "unknown", "none", "read only", "read and write")
}

func notesharesTime(o keyedarchive.Object) record.Time { return epoch.Date(o.Time()) }
