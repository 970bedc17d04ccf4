// Package indicator compares records with published indicators: addresses,
// names, paths and digests that belong to a known tool or campaign, and STIX
// patterns on them.
//
// Feeds are read with [Load], which lists what it could not use; a [Set] of
// feeds is a detector, and a correlator for patterns on several observations.
// Nothing here reaches the network, and short links are never expanded.
package indicator

import (
	"time"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator/stixpattern"
)

// Kind says what an indicator is about, and so with what it is compared.
type Kind uint8

// The kinds of indicators.
const (
	Domain      Kind = iota + 1 // host name; also matches the names below it
	URL                         // URL without scheme, port and fragment; also matches what is below its path
	Address                     // IP address
	Range                       // IP addresses in CIDR notation
	Email                       // e-mail address
	Phone                       // phone number
	App                         // bundle identifier or package name
	Path                        // absolute path; also matches what is below it
	PathEnd                     // the end of a path, from the start of a name
	FileName                    // last name of a path
	Process                     // name of a process
	Hash                        // digest of a file
	Certificate                 // digest of a certificate
	Profile                     // UUID or identifier of a configuration profile
	Property                    // name of an Android system property
	Pattern                     // any other STIX pattern
	numKinds

	truncated = numKinds // the first 15 or 16 bytes of the name of a process, in the index only
	urlHost   = numKinds + 1
)

// An Indicator is one published trace of a tool or a campaign.
type Indicator struct {
	ID       string // in its feed: a STIX ID, the UUID of an attribute, "line 12"
	Value    string // as it was published, or the text of the pattern
	Kind     Kind
	ExactOf  bool         // a public suffix that people register under: names below it do not match
	Cap      detect.Grade // highest grade of a finding that its source justifies, 0 for no limit
	Details  *Details     // shared between indicators, never nil after [Load]
	From     int64        // start of validity, Unix seconds; 0 if the source gives none
	Until    int64        // end of validity, Unix seconds; 0 if the source gives none
	key      string       // what is compared
	compound *compound    // of Pattern
}

// Details is what a source says about one or more indicators.
type Details struct {
	Threat      string   // names of tools, campaigns and actors, separated by ", "
	Description string   // shortened
	Types       []string // such as "malicious-activity", with kill chain phases and labels
	Confidence  int      // 1 to 100 as the source gives it, 0 if it gives none
	Refs        []string // URLs
}

// A compound is a pattern that is not one comparison of a property with a value.
type compound struct {
	pattern *stixpattern.Pattern
	leaves  []leafPlan // of the pattern
	enough  bool       // an atom alone satisfies the pattern
}

// A leafPlan says when a leaf of a pattern must be evaluated: when an atom is
// met or, if it is not bounded by its atoms, on every record with such kinds.
type leafPlan struct {
	atoms   []atom
	bounded bool
	kinds   uint32
}

// An atom is a value to look up.
type atom struct {
	kind  Kind
	key   string
	value string // as published
	exact bool
}

// Meta describes a feed, as whoever loads it knows it.
type Meta struct {
	Name      string    // short name, unique; the name of the file if empty
	URL       string    // where it comes from
	Licence   string    // as an SPDX identifier or in words
	Publisher string    // who answers for it
	Retrieved time.Time // when it was fetched, UTC; zero if unknown
	// Cap is the highest grade of a finding by this feed: a private or unproven
	// list should not confirm anything. 0 for no limit.
	Cap detect.Grade
}

// A Feed is the indicators of one file.
type Feed struct {
	Meta
	SHA256     string // of the file, in hexadecimal
	Format     string // such as "STIX 2.1"
	Indicators []Indicator

	revoked map[string]time.Time // IDs of indicators revoked by this feed, and when
}

// Type returns the kind of the indicator as a STIX property, such as
// "domain-name:value", and "pattern" for other patterns.
func (in *Indicator) Type() string { return typeName(in.Kind, in.key) }

func typeName(kind Kind, key string) string {
	switch kind {
	case Domain:
		return "domain-name:value"
	case URL:
		return "url:value"
	case Address, Range:
		if !isMapped(key) {
			return "ipv6-addr:value"
		}
		return "ipv4-addr:value"
	case Email:
		return "email-addr:value"
	case Phone:
		return "phone-number:value"
	case App:
		return "app:id"
	case Path, PathEnd:
		return "file:path"
	case FileName:
		return "file:name"
	case Process:
		return "process:name"
	case Hash:
		return "file:hashes." + hashName(key)
	case Certificate:
		return "app:cert." + hashName(key)
	case Profile:
		return "configuration-profile:id"
	case Property:
		return "android-property:name"
	}
	return "pattern"
}

func isMapped(key string) bool { return key[:12] == "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff" }

// hashName returns the algorithm of a digest, by its length.
func hashName(hex string) string {
	switch len(hex) {
	case 32:
		return "md5"
	case 40:
		return "sha1"
	case 64:
		return "sha256"
	}
	return "sha512"
}
