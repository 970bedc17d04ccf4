package keybag

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// KeySize is the size in bytes of derived keys, class keys and file keys.
const KeySize = 32

// wrappedSize is the size of a wrapped key: eight bytes of integrity check.
const wrappedSize = KeySize + 8

// PersistentSize is the size of a wrapped file key with the class before it.
const PersistentSize = 4 + wrappedSize

var (
	// ErrWrongKey says that a key, hence the password it was derived from,
	// opens no class key of the keybag.
	ErrWrongKey = errors.New("the key opens no class of the keybag")

	// ErrNoClass says that a file needs a class key that the keybag lacks or
	// that a password cannot open.
	ErrNoClass = errors.New("no key of this protection class")

	// ErrIntegrity says that a wrapped key does not belong to the key it was
	// unwrapped with, or is damaged.
	ErrIntegrity = errors.New("wrapped key fails its integrity check")
)

// Derive computes from a password the 32 byte key that opens the keybag. Where
// the keybag has DPSL and DPIC (iOS 10.2 and later), PBKDF2-HMAC-SHA256 comes
// before PBKDF2-HMAC-SHA1. It takes one to two seconds at the cost iOS sets,
// and cannot be interrupted. It fails with [ErrDamaged] as [Bag.Check] does.
func (b *Bag) Derive(password []byte) ([]byte, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	secret := string(password)
	if b.FirstRounds > 0 {
		first, err := pbkdf2.Key(sha256.New, secret, b.FirstSalt, int(b.FirstRounds), KeySize)
		if err != nil {
			return nil, fmt.Errorf("derive first key: %w", err)
		}
		secret = string(first)
	}
	key, err := pbkdf2.Key(sha1.New, secret, b.Salt, int(b.Iterations), KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return key, nil
}

// Keys are the class keys of an opened keybag.
type Keys struct {
	classes map[uint32][]byte

	// Damaged lists the classes whose key fails its integrity check although
	// the key of the keybag opens others: their files cannot be decrypted.
	Damaged []uint32

	// Device lists the classes that are bound to the device by [WrapDevice].
	Device []uint32
}

// Unlock opens the class keys with a derived key. It fails with [ErrDamaged]
// if no class key can be opened by a password at all, and with [ErrWrongKey]
// if none opens. One that opens proves the key (the check has 64 bits), so that
// others that do not are damaged.
func (b *Bag) Unlock(key []byte) (*Keys, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("%w: %d bytes, expected %d", ErrWrongKey, len(key), KeySize)
	}
	if err := b.Check(); err != nil {
		return nil, err
	}
	keys := &Keys{classes: make(map[uint32][]byte)}
	for i := range b.Classes {
		c := &b.Classes[i]
		if !c.opens() {
			if c.Wrap&WrapDevice != 0 {
				keys.Device = append(keys.Device, c.Class)
			}
			continue
		}
		plain, err := Unwrap(key, c.Wrapped)
		if err != nil {
			keys.Damaged = append(keys.Damaged, c.Class)
			continue
		}
		if _, dup := keys.classes[c.Class]; !dup {
			keys.classes[c.Class] = plain
		}
	}
	if len(keys.classes) == 0 {
		return nil, ErrWrongKey
	}
	return keys, nil
}

// Classes lists the classes that are open, in ascending order.
func (k *Keys) Classes() []uint32 {
	var list []uint32
	for class := range k.classes {
		list = append(list, class)
	}
	slices.Sort(list)
	return list
}

// FileKey unwraps the key of a file, or of Manifest.db, from the form it has in
// a manifest: the class in four bytes, little-endian, and 40 bytes of wrapped
// key. It fails with [ErrNoClass] or [ErrIntegrity].
func (k *Keys) FileKey(persistent []byte) ([]byte, error) {
	if len(persistent) != PersistentSize {
		return nil, fmt.Errorf("unwrap file key: %d bytes, expected %d", len(persistent), PersistentSize)
	}
	class := binary.LittleEndian.Uint32(persistent)
	classKey, ok := k.classes[class]
	if !ok {
		return nil, fmt.Errorf("unwrap file key of class %d: %w", class, ErrNoClass)
	}
	plain, err := Unwrap(classKey, persistent[4:])
	if err != nil {
		return nil, fmt.Errorf("unwrap file key of class %d: %w", class, err)
	}
	return plain, nil
}

// Unwrap undoes the AES key wrap of RFC 3394, section 2.2.2, with the default
// initial value, for a wrapped key of 32 bytes. It fails with [ErrIntegrity] if
// the key does not fit.
func Unwrap(kek, wrapped []byte) ([]byte, error) {
	if len(wrapped) != wrappedSize {
		return nil, fmt.Errorf("%w: %d bytes, expected %d", ErrIntegrity, len(wrapped), wrappedSize)
	}
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, fmt.Errorf("unwrap key: %w", err)
	}
	return unwrap(block, wrapped)
}

func unwrap(block cipher.Block, wrapped []byte) ([]byte, error) {
	const n = KeySize / 8
	r := slices.Clone(wrapped[8:])
	var buf [16]byte
	copy(buf[:8], wrapped)
	for j := 5; j >= 0; j-- {
		for i := n; i >= 1; i-- {
			a := binary.BigEndian.Uint64(buf[:8]) ^ uint64(n*j+i)
			binary.BigEndian.PutUint64(buf[:8], a)
			word := r[8*(i-1) : 8*i]
			copy(buf[8:], word)
			block.Decrypt(buf[:], buf[:])
			copy(word, buf[8:])
		}
	}
	if subtle.ConstantTimeCompare(buf[:8], []byte("\xa6\xa6\xa6\xa6\xa6\xa6\xa6\xa6")) != 1 {
		return nil, ErrIntegrity
	}
	return r, nil
}
