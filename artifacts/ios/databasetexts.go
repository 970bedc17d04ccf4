package ios

import (
	"fmt"
	"path"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DatabaseTexts reads texts with links in databases without a parser of their own.
var DatabaseTexts = artifact.Parser{
	ID:    "ios.databasetexts",
	Title: lang.Text{EN: "Links in further databases", FR: "Liens dans d’autres bases de données"},
	Doc: `The system collects links, names and pieces of messages in several databases to make
suggestions of them, and some outlive what they were taken from: Suggestions,
PersonalizationPortrait, the suggestions for notifications, what Safari learned about
forms, Reminders, and what web sites stored (WebSQL). Their tables are not documented
and change; this reads each text that holds what looks like a link, an e-mail address
or the name of a host, with the table and the column it is in. What is stored there may
come from Apple rather than from the person, and most of it is not in backups.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/PersonalizationPortrait/PPSQLDatabase.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Suggestions/*.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/DuetExpertCenter/*.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/AutoFillCorrections.db"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Reminders/Container_v1/Stores/*.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/Container_v1/Stores/*.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/WebsiteData/WebSQL/*/*.db"},
	},
	Record: databasetextsText{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/tree/main/scripts/artifacts", "https://www.w3.org/TR/webdatabase/"},
	Parse:  from.Links(databasetextsRow),
}

// databasetextsText is one text that holds what looks like a link.
type databasetextsText struct {
	Text     record.Text `json:"text"`     // the value, its first 256 KiB
	Database string      `json:"database"` // name of the file
	Table    string      `json:"table"`    // table it is in
	Column   string      `json:"column"`   // column it is in, with the path in the property list or message that it holds
}

// String implements [record.Data].
func (d databasetextsText) String() string {
	return record.Line(fmt.Sprintf("text in %s, %s.%s: %s", d.Database, d.Table, d.Column, d.Text))
}

func databasetextsRow(in *artifact.Input, t from.LinkText) databasetextsText {
	return databasetextsText{Text: record.Text(t.Text), Database: path.Base(in.Path), Table: t.Table, Column: t.Column}
}
