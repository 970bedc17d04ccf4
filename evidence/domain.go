package evidence

import (
	"path"
	"slices"
	"strings"
)

// unknownRoot is where files of domains without a known place are presented.
const unknownRoot = "private/var/unknown"

// A domainRoot is where the files of a domain of a backup lie on the device.
type domainRoot struct {
	domain string // whole name, or the part before "-" if split
	split  bool   // followed by "-" and the identifier of an app or group
	root   string // of relativePath; the identifier is one more element if split
}

// domainRoots follows the domains file of MobileBackup (Domains.plist of iOS)
// as documented by Apple's backup clients and by examiners. A container has a
// UUID on the device that the backup does not tell: its identifier stands for it.
var domainRoots = []domainRoot{
	{"HomeDomain", false, "private/var/mobile"},
	{"CameraRollDomain", false, "private/var/mobile"},
	{"MediaDomain", false, "private/var/mobile"},
	{"KeyboardDomain", false, "private/var/mobile"},
	{"TonesDomain", false, "private/var/mobile"},
	{"HomeKitDomain", false, "private/var/mobile"},
	{"HealthDomain", false, "private/var/mobile/Library"},
	{"BooksDomain", false, "private/var/mobile/Media/Books"},
	{"AppDomain", true, "private/var/mobile/Containers/Data/Application"},
	{"AppDomainGroup", true, "private/var/mobile/Containers/Shared/AppGroup"},
	{"AppDomainPlugin", true, "private/var/mobile/Containers/Data/PluginKitPlugin"},
	{"SysContainerDomain", true, "private/var/containers/Data/System"},
	{"SysSharedContainerDomain", true, "private/var/containers/Shared/SystemGroup"},
	{"RootDomain", false, "private/var/root"},
	{"WirelessDomain", false, "private/var/wireless"},
	{"SystemPreferencesDomain", false, "private/var/preferences"},
	{"ManagedPreferencesDomain", false, "private/var/Managed Preferences"},
	{"DatabaseDomain", false, "private/var/db"},
	{"InstallDomain", false, "private/var/installd"},
	{"KeychainDomain", false, "private/var/Keychains"},
	{"MobileDeviceDomain", false, "private/var/MobileDevice"},
	{"NetworkDomain", false, "private/var/networkd"},
	{"ProtectedDomain", false, "private/var/protected"},
}

// domainFiles are files that lie elsewhere than the rest of their domain.
var domainFiles = map[BackupName]string{
	{"KeychainDomain", "TrustStore.sqlite3"}: "private/var/protected/trustd/private/TrustStore.sqlite3",
}

// A BackupName is the name of a file in a backup: the text that names its
// payload is Domain, "-" and Path.
type BackupName struct {
	Domain string // such as "HomeDomain" or "AppDomain-com.apple.mobilesafari"
	Path   string // column relativePath, "" for the root of the domain
}

// DevicePath returns where a file of a backup lies on the device, as a path
// without leading slash that is valid for [io/fs], and whether the domain is
// one whose place is known. The container of an app is named by the identifier
// of the app instead of its UUID. Files of unknown domains are placed under
// private/var/unknown/<domain>. Elements "", "." and ".." of hostile names
// become "%", "%2E" and "%2E%2E", so that nothing is lost and nothing escapes.
func DevicePath(domain, rel string) (name string, known bool) {
	if at, ok := domainFiles[BackupName{domain, rel}]; ok {
		return at, true
	}
	base, id, split := strings.Cut(domain, "-")
	for i := range domainRoots {
		d := &domainRoots[i]
		if d.domain == base && d.split == split {
			if split {
				return joinPath(d.root, plainElement(id), rel), true
			}
			return joinPath(d.root, "", rel), true
		}
	}
	return UnknownPath(domain, rel), false
}

// UnknownPath returns the path under private/var/unknown that presents a file
// whose domain has no known place, or whose place another file already has.
func UnknownPath(domain, rel string) string {
	return joinPath(unknownRoot, plainElement(domain), rel)
}

// joinPath joins a root, an optional element and a relative path.
func joinPath(root, element, rel string) string {
	if element != "" {
		root += "/" + element
	}
	if rel == "" {
		return root
	}
	if plainPath(rel) {
		return root + "/" + rel
	}
	parts := strings.Split(rel, "/")
	for i, p := range parts {
		parts[i] = plainElement(p)
	}
	return root + "/" + strings.Join(parts, "/")
}

// plainPath reports whether rel can be appended as it is.
func plainPath(rel string) bool {
	for i := 0; ; {
		end := strings.IndexByte(rel[i:], '/')
		part := rel[i:]
		if end >= 0 {
			part = rel[i : i+end]
		}
		if part == "" || part == "." || part == ".." {
			return false
		}
		if end < 0 {
			return validText(rel)
		}
		i += end + 1
	}
}

// plainElement returns an element of a path that fs.ValidPath accepts.
func plainElement(p string) string {
	switch p {
	case "":
		return "%"
	case ".":
		return "%2E"
	case "..":
		return "%2E%2E"
	}
	if !validText(p) {
		p = strings.ToValidUTF8(p, "\uFFFD")
		p = strings.ReplaceAll(p, "\x00", "%00")
	}
	return strings.ReplaceAll(p, "/", "%2F")
}

// BackupNames returns the names that a file at a device path could have in a
// backup, more specific domains first; it is the inverse of [DevicePath] for
// names without hostile elements. It is empty if no domain reaches the path.
func BackupNames(device string) []BackupName {
	device = path.Clean(strings.TrimPrefix(device, "/"))
	if rest, ok := strings.CutPrefix(device, "var/"); ok {
		device = "private/var/" + rest
	}
	var names []BackupName
	for name, at := range domainFiles {
		if at == device {
			names = append(names, name)
		}
	}
	roots := slices.Clone(domainRoots)
	slices.SortStableFunc(roots, func(a, b domainRoot) int { return len(b.root) - len(a.root) })
	for _, d := range roots {
		rest, ok := cutRoot(device, d.root)
		if !ok {
			continue
		}
		domain := d.domain
		if d.split {
			var id string
			if id, rest, _ = strings.Cut(rest, "/"); id == "" {
				continue
			}
			domain += "-" + id
		}
		names = append(names, BackupName{domain, rest})
	}
	if rest, ok := cutRoot(device, unknownRoot); ok && rest != "" {
		domain, rel, _ := strings.Cut(rest, "/")
		names = append(names, BackupName{domain, rel})
	}
	return names
}

// cutRoot returns the rest of name below root, "" for root itself.
func cutRoot(name, root string) (string, bool) {
	rest, ok := strings.CutPrefix(name, root)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}
