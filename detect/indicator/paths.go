package indicator

import (
	"path"
	"strings"

	"github.com/vigie-project/vigie/detect/indicator/links"
)

// fileAtom reads the path or name of a file or a process.
func fileAtom(a atom) (atom, error) {
	v := a.value
	if strings.ContainsAny(v, "*?") {
		return a, errWildcard
	}
	if strings.ContainsAny(v, "\x00\n\r\t") {
		return a, errName
	}
	if strings.IndexByte(v, '/') < 0 && !(a.kind == Path && strings.Contains(v, ":\\")) {
		if a.key = v; a.kind == Path {
			a.kind = FileName
		}
		return a, nil
	}
	key := pathKey(v)
	if !strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "file://") && !rooted(v) {
		a.kind, a.key = PathEnd, strings.Trim(path.Clean("/"+v), "/")
		if strings.IndexByte(a.key, '/') < 0 {
			a.kind = FileName
		}
		if a.key == "" {
			return a, errRoot
		}
		return a, nil
	}
	a.kind, a.key = Path, key
	if tooWide[key] || strings.Count(key, "/") < 2 {
		return a, errRoot
	}
	return a, nil
}

// tooWide lists folders of every device, below which everything would match.
var tooWide = map[string]bool{
	"/private/var": true, "/private/var/tmp": true, "/private/tmp": true, "/private/etc": true, "/private/var/mobile": true,
	"/private/var/root": true, "/private/var/db": true, "/private/var/log": true, "/private/var/logs": true,
	"/private/var/mobile/Library": true, "/private/var/root/Library": true, "/private/var/mobile/Library/Caches": true,
	"/private/var/mobile/Library/Preferences": true, "/private/var/containers": true, "/private/var/mobile/Containers": true,
	"/private/var/run": true, "/private/var/keybags": true, "/private/var/Keychains": true, "/usr/bin": true,
	"/usr/libexec": true, "/usr/sbin": true, "/usr/lib": true, "/System/Library": true, "/Library/LaunchDaemons": true,
	"/data/data": true, "/data/local": true, "/data/local/tmp": true, "/data/app": true, "/data/system": true,
	"/storage/emulated": true, "/storage/emulated/0": true, "/storage/emulated/0/Download": true, "/system/bin": true,
	"/system/app": true, "/system/priv-app": true, "/system/lib": true, "/system/lib64": true,
}

// rooted reports whether a path without a leading slash begins at the root of a
// device, as paths in acquisitions do.
func rooted(p string) bool {
	first, _, more := strings.Cut(p, "/")
	if !more {
		return false
	}
	switch first {
	case "private", "System", "Applications", "usr", "var", "Developer", "bin", "sbin", "data", "system", "vendor", "apex", "storage", "sdcard":
		return true
	}
	return false
}

// alias returns the two parts that the canonical form of a path is made of, so
// that comparing needs no new string: /var, /tmp and /etc lie in /private on iOS,
// /sdcard is /storage/emulated/0 and /data/user/0 is /data/data on Android.
func alias(p string) (head, tail string) {
	lead := ""
	if p == "" || p[0] != '/' {
		lead = "/"
	}
	at := p
	if lead == "" {
		at = p[1:]
	}
	switch {
	case len(at) < 3:
	case at[0] == 'v' && below(at, "var"), at[0] == 't' && below(at, "tmp"), at[0] == 'e' && below(at, "etc"):
		return "/private/", at
	case at[0] == 's' && below(at, "sdcard"):
		return "/storage/emulated/0", at[len("sdcard"):]
	case at[0] == 'm' && below(at, "mnt/sdcard"):
		return "/storage/emulated/0", at[len("mnt/sdcard"):]
	case at[0] == 'd' && below(at, "data/user/0"):
		return "/data/data", at[len("data/user/0"):]
	}
	return lead, p
}

func below(p, folder string) bool {
	return strings.HasPrefix(p, folder) && (len(p) == len(folder) || p[len(folder)] == '/')
}

// pathKey returns the canonical form of an absolute path.
func pathKey(v string) string {
	if rest, ok := strings.CutPrefix(v, "file://"); ok {
		v = links.Unescape(rest[max(strings.IndexByte(rest, '/'), 0):])
	}
	v = path.Clean("/" + v)
	head, tail := alias(v)
	return head + tail
}

// untidy reports whether a path must be cleaned before it is compared.
func untidy(p string) bool {
	return len(p) > 1 && p[len(p)-1] == '/' || strings.Contains(p, "//") || strings.Contains(p, "/./") || strings.Contains(p, "/../") ||
		len(p) > 7 && p[:7] == "file://"
}
