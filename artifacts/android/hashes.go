package android

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Hashes reads the digests that AndroidQF computed of what it collected.
var Hashes = artifact.Parser{
	ID:    "android.hashes",
	Title: lang.Text{EN: "Digests of the acquisition", FR: "Empreintes de l'acquisition"},
	Doc: `When it ends, AndroidQF writes the SHA-256 of each file of the acquisition to hashes.csv.
Files copied from the phone, such as APKs and temporary files, can be compared with known
digests. A digest that differs from the file means that it was changed after the
acquisition, except for hashes.csv itself and command.log, which were still being
written when they were read. An acquisition that was broken off has no such file.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.AndroidQF, Glob: "androidqf/hashes.csv"}},
	Record: hashesFile{},
	Refs:   []string{"https://github.com/mvt-project/androidqf"},
	Parse:  from.EachLine("digests", hashesLine),
}

// hashesFile is one file of the acquisition.
type hashesFile struct {
	Name       string      `json:"name"`                 // first column: path on the computer of the acquisition, or name in the archive
	SHA256     record.Hash `json:"sha256"`               // second column
	Unfinished bool        `json:"unfinished,omitempty"` // hashes.csv or command.log, whose digests need not fit
}

// String implements [record.Data].
func (f hashesFile) String() string {
	return record.Line(fmt.Sprintf("digest of %s: %s", f.Name, f.SHA256))
}

// hashesLine reads a line of two columns. The first is in quotes, and quotes in it
// are doubled, if it has a comma or a quote.
func hashesLine(line string) (f hashesFile, ok bool) {
	i := strings.LastIndexByte(line, ',')
	if i < 1 {
		return f, false
	}
	name, digest := line[:i], strings.TrimSpace(line[i+1:])
	if n := len(name); n > 1 && name[0] == '"' && name[n-1] == '"' {
		name = strings.ReplaceAll(name[1:n-1], `""`, `"`)
	}
	if len(digest) != 64 || strings.Trim(digest, "0123456789abcdefABCDEF") != "" {
		return f, false
	}
	base := name[strings.LastIndexAny(name, `/\`)+1:]
	return hashesFile{name, record.Hash(digest), base == "hashes.csv" || base == "command.log"}, true
}
