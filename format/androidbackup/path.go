package androidbackup

import "strings"

// A place is where the files of one token of an app lie on the device.
type place struct {
	token  string
	before string // before the package
	after  string // after it
}

// places lists the tokens of AOSP's FullBackup class that have a place on the
// device, in the order in which [Entries] tries them: those of folders of their
// own before "r" and "d_r", the whole data folder of an app. Files of the
// primary user.
var places = []place{
	{"f", "data/data/", "/files"},
	{"db", "data/data/", "/databases"},
	{"sp", "data/data/", "/shared_prefs"},
	{"c", "data/data/", "/cache"},
	{"nb", "data/data/", "/no_backup"},
	{"r", "data/data/", ""},
	{"d_f", "data/user_de/0/", "/files"},
	{"d_db", "data/user_de/0/", "/databases"},
	{"d_sp", "data/user_de/0/", "/shared_prefs"},
	{"d_c", "data/user_de/0/", "/cache"},
	{"d_nb", "data/user_de/0/", "/no_backup"},
	{"d_r", "data/user_de/0/", ""},
	{"a", "data/app/", ""},
	{"ef", sharedRoot + "Android/data/", "/files"},
	{"obb", sharedRoot + "Android/obb/", ""},
}

// sharedRoot is the shared storage of the primary user.
const sharedRoot = "data/media/0/"

// DevicePath returns where the file of a backup lies on the device, without a
// leading slash, such as "data/data/com.example/files/x" for
// "apps/com.example/f/x", and false for what has no place there: manifests,
// key/value data and unknown tokens. The place of an APK, data/app/<package>/,
// lacks the random part that the device has.
func DevicePath(entry string) (string, bool) {
	if rest, ok := strings.CutPrefix(entry, "shared/0/"); ok && rest != "" {
		return sharedRoot + rest, true
	}
	rest, ok := strings.CutPrefix(entry, "apps/")
	if !ok {
		return "", false
	}
	pkg, rest, _ := strings.Cut(rest, "/")
	token, rest, _ := strings.Cut(rest, "/")
	if pkg == "" || rest == "" {
		return "", false
	}
	for _, p := range places {
		if p.token == token {
			return p.before + pkg + p.after + "/" + rest, true
		}
	}
	return "", false
}

// Entries returns the names that the file at a path of the device may have in a
// backup, the likeliest first. [DevicePath] of each is the path.
func Entries(path string) []string {
	var names []string
	for _, p := range places {
		rest, ok := strings.CutPrefix(path, p.before)
		if !ok {
			continue
		}
		pkg, rest, _ := strings.Cut(rest, "/")
		if p.after != "" {
			if rest, ok = strings.CutPrefix(rest, p.after[1:]+"/"); !ok {
				continue
			}
		}
		if pkg != "" && rest != "" {
			names = append(names, "apps/"+pkg+"/"+p.token+"/"+rest)
		}
	}
	if rest, ok := strings.CutPrefix(path, sharedRoot); ok && rest != "" {
		names = append(names, "shared/0/"+rest)
	}
	return names
}
