package dumpsys

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A Package is one block "Package [x]" of the service package.
type Package struct {
	Name           string
	Line, LastLine int
	Hidden         bool   // under "Hidden system packages:": the version of the system that an update hides
	AppID          int    // appId, userId before Android 13; -1 if not recorded
	SharedUser     string // "android.uid.system/1000"
	CodePath       string
	DataDir        string
	VersionName    string
	VersionCode    int64
	MinSDK         int
	TargetSDK      int
	Flags          []string // pkgFlags, else flags: "SYSTEM", "DEBUGGABLE"
	PrivateFlags   []string
	TimeStamp      time.Time // mtime of the code path, clock without zone
	FirstInstall   time.Time // of the package, before Android 12, else of the first user that has one
	LastUpdate     time.Time
	Installer      string // installerPackageName; "" if null
	InstallerUID   int    // -1 if none
	Initiating     string // who asked for the installation
	Originating    string // who handed over the file
	UpdateOwner    string // Android 14 and later
	Source         int    // packageSource: 0 unspecified, 1 other, 2 store, 3 local file, 4 downloaded file; -1 not recorded
	Signatures     string // as printed: hash codes, no digests
	Declared       []Permission
	Requested      []Permission
	Install        []Permission
	Users          []PackageUser
	Other          []Pair // all else, in the order of the text; the lines of a list are joined by LF
}

// A Permission is one that a package declares, requests or holds.
type Permission struct {
	Name    string
	Granted string   // "true", "false", or "" if the line does not tell
	Flags   []string // "USER_SET"
	Other   string   // what else the line says: "prot=signature"
}

// A PackageUser is the state of a package for one user of the phone.
type PackageUser struct {
	ID            int
	Installed     bool
	Hidden        bool
	Suspended     bool
	Stopped       bool
	NotLaunched   bool
	Enabled       int // 0 default, 1 enabled, 2 disabled, 3 disabled by the user, 4 disabled until used
	InstallReason int // 0 unknown, 1 policy, 2 device restore, 3 device setup, 4 user; -1 not recorded
	FirstInstall  time.Time
	Runtime       []Permission
	Other         []Pair
}

// System reports whether the package has the flag SYSTEM, by name or, in
// Android 4 and before, by its bit.
func (p *Package) System() bool {
	return slices.Contains(p.Flags, "SYSTEM") ||
		len(p.Flags) == 1 && strings.HasPrefix(p.Flags[0], "0x") && number(p.Flags[0])&1 != 0
}

// Packages yields the packages of the section of the service package, the hidden
// ones too.
func Packages(text iter.Seq[lines.Line]) iter.Seq2[Package, error] {
	return func(yield func(Package, error) bool) {
		r := report{service: "package"}
		hidden := false
		blocks := Under(r.watch(text), func(h string) bool { return h == "Packages:" || h == "Hidden system packages:" })
		for b := range Blocks(blocks, 2) {
			name, ok := strings.CutPrefix(b.Text, "Package [")
			switch {
			case b.Text == "Packages:" || b.Text == "Hidden system packages:":
				hidden, r.found = b.Text != "Packages:", true
			case !ok && strings.HasSuffix(b.Text, ":"):
				// the heading of another block, which Samsung indents
			case !ok:
				r.node(b)
			default:
				r.lost(b)
				name, _, _ = strings.Cut(name, "]")
				p := Package{Name: name, Line: b.Line, LastLine: b.Last(), Hidden: hidden, AppID: -1, InstallerUID: -1, Source: -1}
				for _, n := range b.Nodes {
					p.node(n)
				}
				if p.settle(); !yield(p, nil) {
					return
				}
			}
		}
		finish(&r, "block \"Packages:\"", yield)
	}
}

// settle fills what the text tells of the users only.
func (p *Package) settle() {
	for _, u := range p.Users {
		if p.FirstInstall.IsZero() {
			p.FirstInstall = u.FirstInstall
		}
	}
}

func (p *Package) node(n *Node) {
	if id, rest, ok := strings.Cut(n.Text, ":"); ok && strings.HasPrefix(id, "User ") {
		p.Users = append(p.Users, packageUser(n, integer(id[5:]), rest))
		return
	}
	switch n.Text {
	case "declared permissions:":
		p.Declared = append(p.Declared, permissions(n)...)
	case "requested permissions:":
		p.Requested = append(p.Requested, permissions(n)...)
	case "install permissions:", "grantedPermissions:", "granted permissions:":
		p.Install = append(p.Install, permissions(n)...)
	default:
		if key, value, ok := strings.Cut(n.Text, "="); !ok || !p.field(key, value, n.Text) || len(n.Nodes) > 0 {
			p.Other = append(p.Other, other(n))
		}
	}
}

// other keeps a line with those below it.
func other(n *Node) Pair {
	key, value, _ := Field(n.Text)
	if key == "" {
		key = n.Text
	}
	all := []string{value}
	for _, c := range n.Nodes {
		for w := range c.Walk() {
			all = append(all, w.Text)
		}
	}
	return Pair{key, strings.TrimPrefix(strings.Join(all, "\n"), "\n")}
}

// field reads the lines that have one value, and a few that have several.
func (p *Package) field(key, value, line string) bool {
	switch key {
	case "appId", "userId":
		p.AppID = integer(strings.Fields(value + " ")[0])
	case "versionCode":
		p.VersionCode = number(strings.Fields(value + " ")[0])
		p.MinSDK, p.TargetSDK = int(number(Get(line, "minSdk"))), int(number(Get(line, "targetSdk")))
	case "targetSdk":
		p.TargetSDK = int(number(value))
	case "pkgFlags":
		p.Flags = List(value)
		if strings.HasPrefix(value, "0x") {
			p.Flags = p.Flags[:1]
		}
	case "flags":
		if p.Flags == nil {
			p.Flags = List(value)
		}
	case "privateFlags", "privatePkgFlags":
		p.PrivateFlags = List(value)
	case "sharedUser":
		p.SharedUser = null(strings.TrimSuffix(value[strings.LastIndex(value, " ")+1:], "}"))
	case "packageSource":
		p.Source = integer(value)
	case "installerPackageUid":
		p.InstallerUID = integer(value)
	default:
		return p.text(key, value) || p.time(key, value)
	}
	return true
}

func (p *Package) text(key, value string) bool {
	fields := map[string]*string{"codePath": &p.CodePath, "dataDir": &p.DataDir, "versionName": &p.VersionName,
		"installerPackageName": &p.Installer, "initiatingPackageName": &p.Initiating, "originatingPackageName": &p.Originating,
		"updateOwnerPackageName": &p.UpdateOwner, "signatures": &p.Signatures}
	f := fields[key]
	if f != nil {
		*f = null(value)
	}
	return f != nil
}

func (p *Package) time(key, value string) bool {
	t, ok := ParseTime(value)
	switch {
	case !ok:
		return false
	case key == "timeStamp":
		p.TimeStamp = t
	case key == "firstInstallTime":
		p.FirstInstall = t
	case key == "lastUpdateTime":
		p.LastUpdate = t
	default:
		return false
	}
	return true
}

func packageUser(n *Node, id int, rest string) PackageUser {
	u := PackageUser{ID: id, InstallReason: -1}
	for k, v := range Pairs(rest) {
		switch k {
		case "installed":
			u.Installed = v == "true"
		case "hidden":
			u.Hidden = v == "true"
		case "suspended":
			u.Suspended = v == "true"
		case "stopped":
			u.Stopped = v == "true"
		case "notLaunched":
			u.NotLaunched = v == "true"
		case "enabled":
			u.Enabled = int(number(v))
		default:
			u.Other = append(u.Other, Pair{k, v})
		}
	}
	for _, c := range n.Nodes {
		key, value, _ := strings.Cut(c.Text, "=")
		switch {
		case c.Text == "runtime permissions:":
			u.Runtime = append(u.Runtime, permissions(c)...)
		case key == "firstInstallTime":
			u.FirstInstall = clock(value)
		case key == "installReason":
			u.InstallReason = integer(value)
		default:
			u.Other = append(u.Other, other(c))
		}
	}
	return u
}

// permissions reads "name: granted=true, flags=[ A|B]", "name: prot=signature"
// and "name".
func permissions(n *Node) []Permission {
	list := make([]Permission, 0, len(n.Nodes))
	for _, c := range n.Nodes {
		name, rest, _ := strings.Cut(c.Text, ": ")
		p := Permission{Name: strings.TrimSuffix(name, ":")}
		var more []string
		for k, v := range Pairs(rest) {
			switch k {
			case "granted":
				p.Granted = v
			case "flags":
				p.Flags = List(v)
			case "":
				more = append(more, v)
			default:
				more = append(more, k+"="+v)
			}
		}
		p.Other = strings.Join(more, " ")
		list = append(list, p)
	}
	return list
}
