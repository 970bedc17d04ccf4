package from

import "strings"

// IsPackage reports whether a name has the form of the name of an Android
// package: at least two names of letters, digits and "_", none of which begins
// with a digit, with dots between. Names of hosts and of services of the system
// can have that form too.
func IsPackage(name string) bool {
	if !strings.Contains(name, ".") {
		return false
	}
	for part := range strings.SplitSeq(name, ".") {
		if part == "" || part[0] >= '0' && part[0] <= '9' {
			return false
		}
		for i := 0; i < len(part); i++ {
			if c := part[i]; c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
	}
	return true
}
