package ios

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// KeychainMeta counts what is in the keychain, without reading any secret.
var KeychainMeta = artifact.Parser{
	ID:    "ios.keychainmeta",
	Title: lang.Text{EN: "Keychain: classes and access groups", FR: "Trousseau : classes et groupes d'accès"},
	Doc: `The keychain keeps passwords, keys, certificates and identities of the system and of
apps. Nothing of them is read here: only how many there are of each class in each
access group, and the first and last times that a file system tells. Groups of apps
that are not installed remain from removed ones; an identity or certificate that came
at the time of an incident deserves a look. In a backup the groups are encrypted with
the rest in most versions, and only the classes are counted.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup, Glob: "private/var/Keychains/keychain-backup.plist"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/Keychains/keychain-2.db"},
	},
	Record: keychainMetaGroup{},
	Refs:   []string{"https://github.com/apple-oss-distributions/Security", "https://support.apple.com/guide/security/keychain-data-protection-secb0694df1a/web"},
	Parse:  keychainMetaParse,
}

// keychainMetaGroup is one class of one access group.
type keychainMetaGroup struct {
	First record.Time `json:"first"` // keychain-2.db: earliest cdat, seconds since 2001 UTC: creation
	Last  record.Time `json:"last"`  // keychain-2.db: latest mdat, seconds since 2001 UTC: change

	Class      string   `json:"class"`                // genp password, inet internet password, cert certificate, keys key
	Group      string   `json:"group,omitempty"`      // agrp: access group, team identifier and bundle identifier; "" if encrypted
	Protection string   `json:"protection,omitempty"` // pdmn: when it can be read
	Count      int64    `json:"count"`                // of such items
	Attributes []string `json:"attributes,omitempty"` // names of the attributes that are stored in the clear, values are not read
}

// String implements [record.Data].
func (g keychainMetaGroup) String() string {
	return record.Line(fmt.Sprintf("keychain: %d of class %s in group %q", g.Count, g.Class, g.Group))
}

// Limits of what is counted.
const (
	keychainMetaMaxGroups     = 1 << 14
	keychainMetaMaxAttributes = 64
)

var keychainMetaFull = errors.New("more access groups than are counted")

// keychainMetaClasses are the tables and keys that hold items.
var keychainMetaClasses = []string{"genp", "inet", "cert", "keys"}

func keychainMetaParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if path.Base(in.Path) == "keychain-backup.plist" {
		return from.Plist(keychainMetaBackup)(ctx, in)
	}
	return func(yield func(record.Record, error) bool) {
		from.Database(in, yield, func(db *sqlite.DB) bool { return keychainMetaDatabase(in, db, yield) })
	}
}

type keychainMetaKey struct{ class, group, protection string }

// A keychainMetaCounter counts items; its size is bounded.
type keychainMetaCounter struct {
	groups map[keychainMetaKey]*keychainMetaGroup
	full   bool
}

func (c *keychainMetaCounter) group(class, group, protection string) *keychainMetaGroup {
	k := keychainMetaKey{class, group, protection}
	g := c.groups[k]
	if g == nil {
		if len(c.groups) >= keychainMetaMaxGroups {
			c.full = true
			return new(keychainMetaGroup)
		}
		k = keychainMetaKey{strings.Clone(class), strings.Clone(group), strings.Clone(protection)}
		g = &keychainMetaGroup{Class: k.class, Group: k.group, Protection: k.protection}
		c.groups[k] = g
	}
	g.Count++
	return g
}

// yield yields the groups in the order of class, group and protection.
func (c *keychainMetaCounter) yield(in *artifact.Input, yield func(record.Record, error) bool) bool {
	list := make([]*keychainMetaGroup, 0, len(c.groups))
	for _, g := range c.groups {
		slices.Sort(g.Attributes)
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *keychainMetaGroup) int {
		return cmp.Or(strings.Compare(a.Class, b.Class), strings.Compare(a.Group, b.Group), strings.Compare(a.Protection, b.Protection))
	})
	for _, g := range list {
		if !yield(in.Record(record.Origin{Table: g.Class}, *g), nil) {
			return false
		}
	}
	return !c.full || yield(record.Record{}, fmt.Errorf("count keychain: %w", keychainMetaFull))
}

// keychainMetaBackup counts the items of keychain-backup.plist.
func keychainMetaBackup(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("count keychain: root is %s, not dict", root.Kind()))
		return
	}
	c := keychainMetaCounter{groups: map[keychainMetaKey]*keychainMetaGroup{}}
	for class, list := range root.Items() {
		for item := range list.Elems() {
			g := c.group(class, item.Get("agrp").String(), item.Get("pdmn").String())
			for name := range item.Items() {
				if len(g.Attributes) < keychainMetaMaxAttributes && !slices.Contains(g.Attributes, name) {
					g.Attributes = append(g.Attributes, strings.Clone(name))
				}
			}
		}
	}
	c.yield(in, yield)
}

// keychainMetaDatabase counts the rows of keychain-2.db.
func keychainMetaDatabase(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) bool {
	c := keychainMetaCounter{groups: map[keychainMetaKey]*keychainMetaGroup{}}
	for _, class := range keychainMetaClasses {
		for r, err := range db.Rows(class) {
			if err != nil {
				if !yield(record.Record{}, err) {
					return false
				}
				continue
			}
			g := c.group(class, r.Text("agrp"), r.Text("pdmn"))
			if t := epoch.CocoaReal(r.Float("cdat")); t.IsSet() && (!g.First.IsSet() || t.Before(g.First.Time)) {
				g.First = t
			}
			if t := epoch.CocoaReal(r.Float("mdat")); t.IsSet() && t.After(g.Last.Time) {
				g.Last = t
			}
		}
	}
	return c.yield(in, yield)
}
