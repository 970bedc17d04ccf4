package from

import (
	"bytes"
	"fmt"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/record"
)

// Limits of [JSON.Leaves].
const (
	maxJSONDepth  = 64
	maxJSONLeaves = 1 << 14
	maxJSONPath   = 512 // bytes of the path to a list or an object that is opened
)

// Leaves returns the values below v that hold no others, with their paths, in the
// order of the text. Empty lists and objects appear as "[]" and "{}", and what lies
// deeper than 64 levels or under a long path as JSON. The error says that there are more than 16,384.
func (v JSON) Leaves() (kvs []record.KV, err error) {
	if !v.leaves("", 0, &kvs) {
		err = fmt.Errorf("list values: more than %d", maxJSONLeaves)
	}
	return kvs, err
}

func (v JSON) leaves(path string, depth int, kvs *[]record.KV) bool {
	if len(*kvs) == maxJSONLeaves {
		return false
	}
	if len(path) > maxJSONPath {
		depth = maxJSONDepth
	}
	empty := true
	if depth < maxJSONDepth && v.IsObject() {
		for name, member := range v.Members() {
			empty = false
			if path != "" {
				name = path + "." + name
			}
			if !member.leaves(name, depth+1, kvs) {
				return false
			}
		}
	} else if depth < maxJSONDepth && len(v) > 0 && v[0] == '[' {
		n := 0
		for item := range v.Items() {
			empty = false
			if !item.leaves(fmt.Sprintf("%s[%d]", path, n), depth+1, kvs) {
				return false
			}
			n++
		}
	}
	if empty {
		*kvs = append(*kvs, record.KV{Key: path, Value: v.Text()})
	}
	return true
}

// IsJSON reports whether a file begins as a JSON object or list does, for texts that
// are JSON in some versions only. A file that is empty does not.
func IsJSON(f evidence.File) bool {
	head := make([]byte, 512)
	n, _ := f.ReadAt(head, 0)
	text := bytes.TrimLeft(head[:n], " \t\r\n")
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}
