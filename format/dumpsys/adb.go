package dumpsys

import (
	"bytes"
	"crypto/md5" // the fingerprint that Android shows of a key
	"encoding/base64"
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/abx"
	"github.com/vigie-project/vigie/format/lines"
)

// maxADB limits the size of the dump of adb in bytes.
const maxADB = 4 << 20

// ADB is what the service adb tells of the computers that may debug the phone.
type ADB struct {
	Line       int
	Connected  string // connected_to_adb: "true", "false"; "" not recorded
	LastKey    string // last_key_received: fingerprint
	UserKeys   []ADBKey
	SystemKeys []ADBKey // built into the image
	Keystore   []ADBKey // keys with the time of their last connection
	Form       string   // of the keystore: "xml", "abx", or "damaged abx" if printing destroyed bytes of it; "" if none
	TrustedAPs []string // BSSIDs of networks where wireless debugging is allowed
	Other      []Pair   // all other values, those of a block under its name: "adb_wifi.enabled"
}

// An ADBKey is the public key of a computer.
type ADBKey struct {
	Key         string    // base64
	User        string    // "alice@laptop"
	Fingerprint string    // MD5, as the phone shows it: "AA:BB:…"; "" if the key is no base64
	Connected   time.Time // last connection, UTC; zero if not recorded
}

// ADBState yields the state of the section of the service adb, at most one.
func ADBState(text iter.Seq[lines.Line]) iter.Seq2[ADB, error] {
	return func(yield func(ADB, error) bool) {
		r := report{service: "adb"}
		p := adbParser{r: &r}
		size := 0
		for l := range r.watch(text) {
			if size += len(l.Text); size > maxADB {
				r.unknown(l.Number, "dump too large")
				break
			}
			p.line(l)
		}
		p.value()
		if r.found && !yield(p.adb, nil) {
			return
		}
		finish(&r, "\"debugging_manager\"", yield)
	}
}

type adbParser struct {
	r      *report
	adb    ADB
	blocks []string // names of the open blocks
	key    string   // of the value that is being read
	raw    []byte   // its bytes: values are inserted without indentation
}

// structural are lines that end a value of several lines.
var structural = regexp.MustCompile(`^\s*(\}|\{|[A-Za-z_][A-Za-z0-9_]*=.*)\s*$`)

// multiline are the keys whose values are files, inserted as they are.
var multiline = map[string]bool{"user_keys": true, "system_keys": true, "keystore": true}

func (p *adbParser) line(l lines.Line) {
	text := bytes.TrimSpace(l.Text)
	if multiline[p.key] && !structural.Match(l.Text) || p.key == "keystore" && bytes.HasPrefix(text, []byte("<")) {
		p.raw = append(append(p.raw, '\n'), l.Text...)
		return
	}
	p.value()
	key, value, ok := bytes.Cut(text, []byte("="))
	switch {
	case len(text) == 0 || string(text) == "{" && len(p.blocks) == 0:
	case string(text) == "}":
		p.blocks = p.blocks[:max(0, len(p.blocks)-1)]
	case ok && string(value) == "{":
		if p.blocks = append(p.blocks, string(key)); len(p.blocks) > maxDepth {
			p.blocks = p.blocks[:maxDepth]
		}
		if string(key) == "debugging_manager" {
			p.r.found, p.adb.Line = true, l.Number
		}
	case ok && structural.Match(l.Text):
		p.key, p.raw = string(key), bytes.Clone(value)
		if i := bytes.Index(l.Text, []byte("=")); p.key == "keystore" {
			p.raw = bytes.Clone(l.Text[i+1:])
		}
	case p.r.found && !bytes.HasPrefix(text, []byte("---------")):
		p.r.unknown(l.Number, l.String())
	}
}

// value files the value that has been read.
func (p *adbParser) value() {
	raw, text := p.raw, strings.ToValidUTF8(strings.TrimSpace(string(p.raw)), "\ufffd")
	key := p.key
	p.key, p.raw = "", nil
	switch key {
	case "":
	case "connected_to_adb":
		p.adb.Connected = text
	case "last_key_received":
		p.adb.LastKey = text
	case "user_keys":
		p.adb.UserKeys = append(p.adb.UserKeys, adbKeys(text)...)
	case "system_keys":
		p.adb.SystemKeys = append(p.adb.SystemKeys, adbKeys(text)...)
	case "keystore":
		p.keystore(raw)
	default:
		if n := len(p.blocks); n > 0 && p.blocks[n-1] != "debugging_manager" {
			key = p.blocks[n-1] + "." + key
		}
		p.adb.Other = append(p.adb.Other, Pair{key, text})
	}
}

func adbKeys(text string) (keys []ADBKey) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			keys = append(keys, adbKey(line))
		}
	}
	return keys
}

// adbKey reads "QAAAAB…== alice@laptop".
func adbKey(line string) ADBKey {
	key, user, _ := strings.Cut(line, " ")
	k := ADBKey{Key: key, User: strings.TrimSpace(user)}
	if raw, err := base64.StdEncoding.DecodeString(key); err == nil && key != "" {
		k.Fingerprint = strings.ReplaceAll(strings.ToUpper(fmt.Sprintf("% x", md5.Sum(raw))), " ", ":")
	}
	return k
}

// salvage finds keys in binary XML in which printing replaced bytes.
var salvage = regexp.MustCompile(`[A-Za-z0-9+/]{300,}={0,2}( [[:graph:]]+@[[:alnum:]._-]*)?`)

// keystore reads the file adb_temp_keys.xml, plain or binary. The service reads a
// binary one as text, which destroys numbers and lengths: keys can still be told
// by their form, their times cannot.
func (p *adbParser) keystore(raw []byte) {
	text := bytes.TrimSpace(raw)
	p.adb.Form = "xml"
	if i := bytes.Index(text, []byte("ABX")); i == 0 {
		p.adb.Form = "abx"
		text = raw[bytes.Index(raw, []byte("ABX")):]
	}
	if len(text) == 0 || string(text) == "null" {
		p.adb.Form = ""
		return
	}
	top, err := abx.Decode(text)
	if err == nil || p.adb.Form == "xml" {
		for _, e := range top {
			p.element(e, 0)
		}
	}
	if err == nil {
		return
	}
	if p.adb.Form == "abx" {
		p.adb.Form = "damaged abx"
		for _, m := range salvage.FindAll(text, -1) {
			p.adb.Keystore = append(p.adb.Keystore, adbKey(string(m)))
		}
		return
	}
	p.r.add(p.r.last, p.r.last, "keystore: "+err.Error(), string(text[:min(len(text), maxQuote)]))
}

func (p *adbParser) element(e *abx.Element, depth int) {
	switch e.Name {
	case "adbKey":
		k := adbKey(e.Get("key"))
		if ms, err := strconv.ParseInt(e.Get("lastConnection"), 10, 64); err == nil && ms > 0 {
			k.Connected = time.UnixMilli(ms).UTC()
		}
		p.adb.Keystore = append(p.adb.Keystore, k)
	case "wifiAP":
		p.adb.TrustedAPs = append(p.adb.TrustedAPs, e.Get("bssid"))
	}
	for _, c := range e.Elements {
		if depth < maxDepth {
			p.element(c, depth+1)
		}
	}
}
