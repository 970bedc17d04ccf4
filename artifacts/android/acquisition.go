package android

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Acquisition reads how AndroidQF made the acquisition.
var Acquisition = artifact.Parser{
	ID:    "android.acquisition",
	Title: lang.Text{EN: "Acquisition by AndroidQF", FR: "Acquisition par AndroidQF"},
	Doc: `AndroidQF writes when the acquisition began and ended, by the clock of the computer in UTC,
with which version it was made and where its program lay on the phone. It leaves traces
there that are not those of an attacker: an authorised adb key, its program in the
temporary folder, entries of the package com.android.shell. The public key of the
computer, noted by newer versions, tells it from other computers that the phone
authorised. An acquisition that was broken off has no end, or no such file.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidQF, Glob: "androidqf/acquisition.json"},
		{Kinds: evidence.AndroidQF, Glob: "androidqf/adb_host_key.pub"},
	},
	Record: acquisitionInfo{},
	Refs:   []string{"https://github.com/mvt-project/androidqf"},
	Parse:  acquisitionParse,
}

// acquisitionInfo is what one of the two files says.
type acquisitionInfo struct {
	UUID        string      `json:"uuid,omitempty"`        // uuid
	Version     string      `json:"version,omitempty"`     // androidqf_version
	Started     record.Time `json:"started"`               // started: clock of the computer
	Completed   record.Time `json:"completed"`             // completed: clock of the computer; none if it was broken off
	Storage     string      `json:"storage,omitempty"`     // storage_path: on the computer
	Streaming   bool        `json:"streaming,omitempty"`   // streaming_mode: encrypted while it was made
	Collector   record.Path `json:"collector,omitempty"`   // collector/ExePath: program of AndroidQF on the phone
	TempDir     record.Path `json:"temp_dir,omitempty"`    // tmp_dir: on the phone
	SDCard      record.Path `json:"sdcard,omitempty"`      // sdcard: on the phone
	CPU         string      `json:"cpu,omitempty"`         // cpu: architecture of the phone
	Key         string      `json:"key,omitempty"`         // adb_host_public_key or the file adb_host_key.pub: in base64, then the name of the computer
	Fingerprint string      `json:"fingerprint,omitempty"` // MD5 of the key, as Android shows it when it asks the user
	Extra       []record.KV `json:"extra,omitempty"`       // other keys that have a value
}

// String implements [record.Data].
func (a acquisitionInfo) String() string {
	s := "acquisition"
	if a.UUID != "" {
		s += " " + a.UUID
	}
	if a.Version != "" {
		s += " by AndroidQF " + a.Version
	}
	if a.Key != "" {
		s += ", adb key of the computer " + a.Fingerprint
	}
	return record.Line(s)
}

// acquisitionMaxKey bounds the file of the key, in bytes.
const acquisitionMaxKey = 64 << 10

func acquisitionParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if path.Base(in.Path) == "adb_host_key.pub" {
			acquisitionKeyFile(in, yield)
			return
		}
		for e, err := range from.Elements(in.File) {
			if err == nil && !e.IsObject() {
				err = fmt.Errorf("read acquisition: value %d is no object", e.Number)
			}
			if err != nil {
				if !yield(record.Record{}, err) {
					return
				}
				continue
			}
			if !yield(in.Record(record.Origin{Row: e.Number, Offset: e.Offset}, acquisitionOne(e.JSON)), nil) {
				return
			}
		}
	}
}

func acquisitionKeyFile(in *artifact.Input, yield func(record.Record, error) bool) {
	text, err := io.ReadAll(io.NewSectionReader(in.File, 0, acquisitionMaxKey+1))
	if err == nil && len(text) > acquisitionMaxKey {
		err = fmt.Errorf("longer than %d KiB", acquisitionMaxKey>>10)
	}
	if err != nil {
		yield(record.Record{}, fmt.Errorf("read key: %w", err))
		return
	}
	var a acquisitionInfo
	if a.setKey(string(text)); a.Key == "" {
		return
	}
	if a.Fingerprint == "" && !yield(record.Record{}, fmt.Errorf("read key: %q is not in base64", record.Line(a.Key))) {
		return
	}
	yield(in.Record(record.Origin{Row: 1}, a), nil)
}

// setKey sets the key and its fingerprint: MD5 of the bytes, in capitals with colons.
func (a *acquisitionInfo) setKey(text string) {
	a.Key = strings.ToValidUTF8(strings.TrimSpace(text), "\ufffd")
	encoded, _, _ := strings.Cut(a.Key, " ")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) == 0 {
		return
	}
	sum := md5.Sum(raw)
	var parts []string
	for _, b := range sum {
		parts = append(parts, strings.ToUpper(hex.EncodeToString([]byte{b})))
	}
	a.Fingerprint = strings.Join(parts, ":")
}

func acquisitionOne(v from.JSON) acquisitionInfo {
	var a acquisitionInfo
	for key, v := range v.Members() {
		text := v.Text()
		switch key {
		case "uuid":
			a.UUID = text
		case "androidqf_version":
			a.Version = text
		case "started":
			a.Started = v.Time()
		case "completed":
			a.Completed = v.Time()
		case "storage_path":
			a.Storage = text
		case "streaming_mode":
			a.Streaming = v.Bool()
		case "tmp_dir":
			a.TempDir = record.Path(text)
		case "sdcard":
			a.SDCard = record.Path(text)
		case "cpu":
			a.CPU = text
		case "adb_host_public_key":
			if text != "" {
				a.setKey(text)
			}
		case "collector":
			a.collector(v)
		default:
			a.extra(key, v)
		}
	}
	return a
}

// collector reads what is said of the program of AndroidQF on the phone.
func (a *acquisitionInfo) collector(v from.JSON) {
	for key, v := range v.Members() {
		if key == "ExePath" {
			a.Collector = record.Path(strings.ReplaceAll(v.Text(), `\`, "/")) // a computer with Windows writes "\"
			continue
		}
		if !v.IsObject() {
			a.extra("collector/"+key, v)
			continue
		}
		for sub, v := range v.Members() {
			a.extra("collector/"+key+"/"+sub, v)
		}
	}
}

// extra keeps a value that has no field.
func (a *acquisitionInfo) extra(key string, v from.JSON) {
	if text := v.Text(); text != "" {
		a.Extra = append(a.Extra, record.KV{Key: key, Value: text})
	}
}
