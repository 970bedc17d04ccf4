package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// MessengerStores reads which databases of messengers there are.
var MessengerStores = artifact.Parser{
	ID:    "ios.messengerstores",
	Title: lang.Text{EN: "Databases of messengers", FR: "Bases de données des messageries"},
	Doc: `One record for each database in which a messenger keeps its messages: Signal, Session
and Telegram, which encrypt them with a key in the keychain, and WhatsApp, Viber,
Messenger, LINE, Threema and Wire. It says whether the file can be read without that
key, so that nobody takes the absence of messages in the results for their absence on
the phone. Times of the files are in ios.manifest. Many messengers keep their database
out of backups: that there is no record does not say that the app was not used.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/**/grdb/signal.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/**/Session.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/**/postbox/db/db_sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/**/com.viber/database/Contacts.data"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/**/lightspeed-*.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/**/Line.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/**/ThreemaData.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/**/store.wiredatabase"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/ChatStorage.sqlite"},
	},
	Record: messengerstoresFile{},
	Refs:   []string{"https://github.com/signalapp/Signal-iOS", "https://www.zetetic.net/sqlcipher/design/"},
	Parse:  messengerstoresParse,
}

// messengerstoresFile is one database.
type messengerstoresFile struct {
	Messenger string      `json:"messenger"` // from the name of the file
	File      record.Path `json:"file"`      // on the device
	Bytes     int64       `json:"bytes"`     // size
	Content   string      `json:"content"`   // first bytes: "SQLite", "empty", or "encrypted or of another format"
}

// String implements [record.Data].
func (s messengerstoresFile) String() string {
	return record.Line(fmt.Sprintf("database of %s, %d bytes, %s", s.Messenger, s.Bytes, s.Content))
}

// messengerstoresNames tells messengers by the beginning of the file's name.
var messengerstoresNames = []struct{ prefix, name string }{
	{"signal.", "Signal"}, {"Session.", "Session"}, {"db_sqlite", "Telegram"}, {"Contacts.data", "Viber"}, {"lightspeed-", "Messenger"},
	{"Line.", "LINE"}, {"ThreemaData.", "Threema"}, {"store.wiredatabase", "Wire"}, {"ChatStorage.", "WhatsApp"},
}

func messengerstoresParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		s := messengerstoresFile{File: record.Path(in.Path), Bytes: in.Size, Content: "encrypted or of another format"}
		for _, n := range messengerstoresNames {
			if strings.HasPrefix(path.Base(in.Path), n.prefix) {
				s.Messenger = n.name
			}
		}
		plain, err := from.IsSQLite(in)
		switch {
		case err != nil:
			yield(record.Record{}, err)
			return
		case plain:
			s.Content = "SQLite"
		case in.Size == 0:
			s.Content = "empty"
		}
		yield(in.Record(record.Origin{Table: "file"}, s), nil)
	}
}
