// Package keybag reads the keybag of an iOS backup, derives the key that opens
// it from a password, and unwraps the class keys and file keys it protects.
//
// A keybag is a stream of records: a tag of four ASCII letters, a big-endian
// length of four bytes, a value. Everything before the second tag UUID is the
// header; each later UUID opens the record of one class key. The layout is
// described in Apple's Platform Security guide ("Keybags for Data Protection")
// and by J. Bédrune and J. Sigwald, "iPhone data protection in depth" (2011).
package keybag

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits on what a keybag may ask for. A real one is below 2 KiB, has about
// ten classes and asks for 10,000,000 and 10,000 rounds.
const (
	maxSize       = 1 << 20     // bytes of a keybag
	maxClasses    = 256         // class keys
	maxValue      = 4096        // bytes of one value
	maxRounds     = 100_000_000 // DPIC
	maxIterations = 10_000_000  // ITER
)

// Types of keybag, the value of the tag TYPE.
const (
	System = 0 // the device itself
	Backup = 1 // a backup by Finder, iTunes or libimobiledevice
	Escrow = 2 // a computer the device trusts
	OTA    = 3 // a backup to iCloud
)

// Bits of [ClassKey.Wrap] and [Bag.Wrap]: what a class key is wrapped with.
const (
	WrapDevice   = 1 // the key of the device: cannot be opened elsewhere
	WrapPasscode = 2 // the key derived from the password
)

// A Bag is a parsed keybag, still locked.
type Bag struct {
	Version uint32 // VERS, 3 or 4 in known backups
	Type    uint32 // TYPE, see [Backup]
	UUID    []byte // UUID of the keybag, 16 bytes
	HMCK    []byte // HMCK, wrapped key of the integrity check, 40 bytes
	Wrap    uint32 // WRAP of the header

	Salt       []byte // SALT of the second derivation, 20 bytes
	Iterations uint32 // ITER, rounds of the second derivation

	// FirstSalt and FirstRounds are DPSL and DPIC, salt and rounds of the first
	// derivation. Keybags written before iOS 10.2 have neither.
	FirstSalt   []byte
	FirstRounds uint32

	Classes []ClassKey // in file order
	Unknown []string   // tags that this package does not know, in file order
}

// A ClassKey is the wrapped key of one protection class.
type ClassKey struct {
	UUID    []byte // 16 bytes
	Class   uint32 // CLAS, 1 to 5 for files, 6 to 11 for the keychain
	Wrap    uint32 // WRAP, see [WrapPasscode]
	Type    uint32 // KTYP, 0 AES, 1 Curve25519
	Wrapped []byte // WPKY, 40 bytes
	Public  []byte // PBKY, 32 bytes, asymmetric classes only
}

// ErrDamaged is matched by every error that says that a keybag cannot be a
// whole keybag of a backup, whatever the password.
var ErrDamaged = errors.New("keybag is damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// Parse reads a keybag. Every error matches [ErrDamaged]; no part of a damaged
// keybag is returned. It does not check that the keybag can be opened: see
// [Bag.Check].
func Parse(data []byte) (*Bag, error) {
	if len(data) > maxSize {
		return nil, damaged("%d bytes, limit %d", len(data), maxSize)
	}
	bag := new(Bag)
	uuids := 0
	for at := 0; at < len(data); {
		if len(data)-at < 8 {
			return nil, damaged("%d bytes after the last record at offset %d", len(data)-at, at)
		}
		tag, size := string(data[at:at+4]), binary.BigEndian.Uint32(data[at+4:])
		at += 8
		if uint64(size) > uint64(len(data)-at) || size > maxValue {
			return nil, damaged("record %q at offset %d says %d bytes", tag, at-8, size)
		}
		value := data[at : at+int(size)]
		at += int(size)
		if tag == "UUID" {
			uuids++
		}
		if err := bag.set(tag, value, uuids); err != nil {
			return nil, err
		}
	}
	if uuids == 0 {
		return nil, damaged("no UUID")
	}
	return bag, nil
}

// set stores one record; uuids counts the UUIDs met so far, this one included.
func (b *Bag) set(tag string, value []byte, uuids int) error {
	if uuids <= 1 {
		return b.setHeader(tag, value)
	}
	if tag == "UUID" {
		if len(b.Classes) == maxClasses {
			return damaged("more than %d class keys", maxClasses)
		}
		b.Classes = append(b.Classes, ClassKey{UUID: value})
		return nil
	}
	return b.setClass(&b.Classes[len(b.Classes)-1], tag, value)
}

func (b *Bag) setHeader(tag string, value []byte) error {
	switch tag {
	case "VERS":
		return number(&b.Version, tag, value)
	case "TYPE":
		return number(&b.Type, tag, value)
	case "WRAP":
		return number(&b.Wrap, tag, value)
	case "ITER":
		return number(&b.Iterations, tag, value)
	case "DPIC":
		return number(&b.FirstRounds, tag, value)
	case "UUID":
		b.UUID = value
	case "HMCK":
		b.HMCK = value
	case "SALT":
		b.Salt = value
	case "DPSL":
		b.FirstSalt = value
	case "DPWT":
		// The kind of the first derivation; only one is known.
	default:
		b.unknown(tag)
	}
	return nil
}

func (b *Bag) setClass(c *ClassKey, tag string, value []byte) error {
	switch tag {
	case "CLAS":
		return number(&c.Class, tag, value)
	case "WRAP":
		return number(&c.Wrap, tag, value)
	case "KTYP":
		return number(&c.Type, tag, value)
	case "WPKY":
		c.Wrapped = value
	case "PBKY":
		c.Public = value
	default:
		b.unknown(tag)
	}
	return nil
}

func (b *Bag) unknown(tag string) {
	if len(b.Unknown) < maxClasses {
		b.Unknown = append(b.Unknown, tag)
	}
}

func number(to *uint32, tag string, value []byte) error {
	if len(value) != 4 {
		return damaged("%s of %d bytes", tag, len(value))
	}
	*to = binary.BigEndian.Uint32(value)
	return nil
}

// Check reports whether a password can open the keybag at all: salts, rounds
// and at least one class key wrapped with the password. It says nothing about
// which password. Every error matches [ErrDamaged].
func (b *Bag) Check() error {
	switch {
	case len(b.Salt) == 0:
		return damaged("no SALT")
	case b.Iterations == 0 || b.Iterations > maxIterations:
		return damaged("ITER is %d, expected 1 to %d", b.Iterations, maxIterations)
	case (len(b.FirstSalt) == 0) != (b.FirstRounds == 0):
		return damaged("only one of DPSL and DPIC")
	case b.FirstRounds > maxRounds:
		return damaged("DPIC is %d, limit %d", b.FirstRounds, maxRounds)
	}
	for _, c := range b.Classes {
		if c.opens() {
			return nil
		}
	}
	return damaged("no class key that a password opens")
}

// opens reports whether the class key can be unwrapped with the key of a
// password alone.
func (c *ClassKey) opens() bool {
	return c.Wrap&WrapPasscode != 0 && c.Wrap&WrapDevice == 0 && len(c.Wrapped) == wrappedSize
}
