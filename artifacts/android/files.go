package android

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Files reads the listing of files that AndroidQF makes.
var Files = artifact.Parser{
	ID:    "android.files",
	Title: lang.Text{EN: "Listing of files", FR: "Liste des fichiers"},
	Doc: `AndroidQF lists the files, not the folders, that adb may see, by a program of its own on
the phone, which records owner, mode, three times and SELinux context, else by find, which
records less: only the time of modification, or nothing but paths. Without root most of
/data cannot be read, so that a file that is not listed may well exist. The listing
itself touches nothing but the times of access of folders. Listings by find may show
a space in a path as a slash.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidQF, Glob: "androidqf/files.json"}},
	Record: filesFile{},
	Refs:   []string{"https://github.com/mvt-project/androidqf"},
	Parse:  filesParse,
}

// filesFile is one file.
type filesFile struct {
	Path       record.Path `json:"path"`                 // path: on the device
	Size       int64       `json:"size"`                 // size: bytes; 0 where only paths were listed
	Mode       string      `json:"mode,omitempty"`       // mode: as Go writes it ("-rwxr-xr-x", "urwxr-xr-x" with set-user-ID) or octal ("755")
	Executable bool        `json:"executable,omitempty"` // mode: somebody may execute it; no links
	SetID      bool        `json:"set_id,omitempty"`     // mode: runs with the rights of its owner or group
	User       string      `json:"user,omitempty"`       // user_name: owner, by find only
	UserID     *int64      `json:"user_id"`              // user_id: owner, by the program of AndroidQF only
	Group      string      `json:"group,omitempty"`      // group_name, by find only
	GroupID    *int64      `json:"group_id"`             // group_id, by the program of AndroidQF only
	Modified   record.Time `json:"modified"`             // modified_time: of the content, seconds since 1970 UTC
	Accessed   record.Time `json:"accessed"`             // access_time, seconds since 1970 UTC
	Changed    record.Time `json:"changed"`              // changed_time: of the inode, seconds since 1970 UTC
	Context    string      `json:"context,omitempty"`    // context: SELinux label
	MD5        record.Hash `json:"md5,omitempty"`        // md5: none by versions up to 1.8
	SHA1       record.Hash `json:"sha1,omitempty"`       // sha1
	SHA256     record.Hash `json:"sha256,omitempty"`     // sha256
	SHA512     record.Hash `json:"sha512,omitempty"`     // sha512
	MIME       string      `json:"mime,omitempty"`       // mime_type: by content
	Error      string      `json:"error,omitempty"`      // error: why it could not be read
	Extra      []record.KV `json:"extra,omitempty"`      // other keys
}

// String implements [record.Data].
func (f filesFile) String() string {
	s := "file " + string(f.Path)
	if f.Mode != "" {
		s += " " + f.Mode
	}
	if f.Context != "" {
		s += " (" + f.Context + ")"
	}
	return record.Line(s)
}

func filesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		for e, err := range from.Elements(in.File) {
			if err == nil && !e.IsObject() {
				err = fmt.Errorf("read file %d: it is no object", e.Number)
			}
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			if !yield(in.Record(record.Origin{Row: e.Number, Offset: e.Offset}, filesOne(e.JSON)), nil) {
				return
			}
		}
	}
}

func filesOne(v from.JSON) filesFile {
	var f filesFile
	var user, group from.JSON
	for key, v := range v.Members() {
		switch key {
		case "path":
			f.Path = record.Path(v.Text())
		case "size":
			f.Size, _ = v.Int()
		case "mode":
			f.Mode = v.Text()
		case "user_name":
			f.User = v.Text()
		case "user_id":
			user = v
		case "group_name":
			f.Group = v.Text()
		case "group_id":
			group = v
		case "modified_time":
			f.Modified = filesTime(v)
		case "access_time":
			f.Accessed = filesTime(v)
		case "changed_time":
			f.Changed = filesTime(v)
		case "context":
			f.Context = v.Text()
		default:
			f.rest(key, v)
		}
	}
	f.Executable, f.SetID = filesRights(f.Mode)
	symbolic := f.Mode != "" && (f.Mode[0] < '0' || f.Mode[0] > '9')
	f.UserID, f.GroupID = filesID(user, symbolic), filesID(group, symbolic)
	return f
}

// rest reads the keys that seldom have a value.
func (f *filesFile) rest(key string, v from.JSON) {
	text := v.Text()
	switch key {
	case "md5":
		f.MD5 = record.Hash(text)
	case "sha1":
		f.SHA1 = record.Hash(text)
	case "sha256":
		f.SHA256 = record.Hash(text)
	case "sha512":
		f.SHA512 = record.Hash(text)
	case "mime_type":
		f.MIME = text
	case "error":
		f.Error = text
	default:
		if text != "" {
			f.Extra = append(f.Extra, record.KV{Key: key, Value: text})
		}
	}
}

// filesID reads the number of an owner. find, whose modes are octal, records none:
// then 0 is no owner.
func filesID(v from.JSON, recorded bool) *int64 {
	n, ok := v.Int()
	if !ok || n == 0 && !recorded {
		return nil
	}
	return &n
}

// filesTime converts seconds since 1970, which may have a fraction.
func filesTime(v from.JSON) record.Time {
	if n, ok := v.Int(); ok {
		return epoch.Unix(n)
	}
	if sec, err := strconv.ParseFloat(v.Text(), 64); err == nil {
		return epoch.UnixReal(sec)
	}
	return v.Time()
}

// filesRights reads a mode in either form. In that of Go, letters before the nine
// of the permissions tell the type, "u" and "g" set-user-ID and set-group-ID.
func filesRights(mode string) (executable, setID bool) {
	if n, err := strconv.ParseUint(mode, 8, 32); err == nil {
		return n&0o111 != 0, n&0o6000 != 0
	}
	n := len(mode) - len("rwxrwxrwx")
	if n < 0 || mode[0] == 'L' { // a link has all permissions
		return false, false
	}
	return strings.ContainsAny(mode[n:], "xst"), strings.ContainsAny(mode[:n], "ug") || strings.ContainsAny(mode[n:], "sS")
}
