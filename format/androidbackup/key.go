package androidbackup

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/subtle"
	"fmt"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	blockSize = aes.BlockSize
	keySize   = 32 // of AES-256, and of the checksum
	saltSize  = 64 // of both salts, as Android writes them
)

// A Key decrypts the payload of one backup. It is as secret as the password.
type Key struct {
	block cipher.Block
	iv    [blockSize]byte
}

// Unlock derives the key of the payload from the password, given in UTF-8 or as
// bytes that are used as they are. Version 1 was also written with the low eight
// bits of each UTF-16 unit of the password, which is tried second. The error
// matches [ErrWrongPassword], or [ErrHeader] where there is no encryption or what
// the header says about the keys shows damage.
func (h *Header) Unlock(password []byte) (*Key, error) {
	e := h.Encryption
	if e == nil || len(e.UserIV) != blockSize || len(e.Blob)%blockSize != 0 {
		return nil, fmt.Errorf("%w: no key to unlock", ErrHeader)
	}
	forms := [][]byte{password}
	if low, differs := lowBytes(password); differs {
		forms = append(forms, low)
	}
	for _, form := range forms {
		user, err := e.derive(form, e.UserSalt)
		if err != nil {
			return nil, err
		}
		key, err := e.open(user)
		if key != nil || err != nil {
			return key, err
		}
	}
	if n, m := len(e.UserSalt), len(e.ChecksumSalt); n != saltSize || m != saltSize {
		return nil, fmt.Errorf("%w: the salts have %d and %d bytes, Android writes %d: no password can open it", ErrHeader, n, m, saltSize)
	}
	return nil, ErrWrongPassword
}

// derive runs PBKDF2 with HMAC-SHA1.
func (e *Encryption) derive(secret, salt []byte) ([]byte, error) {
	if e.Rounds < 1 || e.Rounds > maxRounds {
		return nil, fmt.Errorf("%w: %d rounds", ErrHeader, e.Rounds)
	}
	key, err := pbkdf2.Key(sha1.New, string(secret), salt, e.Rounds, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return key, nil
}

// open decrypts the master key and compares its checksum. It returns nil if the
// user key is not the right one.
func (e *Encryption) open(user []byte) (*Key, error) {
	block, err := aes.NewCipher(user)
	if err != nil {
		return nil, fmt.Errorf("use key: %w", err)
	}
	blob := slices.Clone(e.Blob)
	cipher.NewCBCDecrypter(block, e.UserIV).CryptBlocks(blob, blob)
	iv, blob, ok := field(blob, blockSize)
	if !ok {
		return nil, nil
	}
	master, blob, ok := field(blob, keySize)
	if !ok {
		return nil, nil
	}
	sum, _, ok := field(blob, keySize)
	if !ok {
		return nil, nil
	}
	for _, form := range [][]byte{widened(master), master} {
		got, err := e.derive(form, e.ChecksumSalt)
		if err != nil {
			return nil, err
		}
		if subtle.ConstantTimeCompare(got, sum) == 1 {
			k := &Key{}
			if k.block, err = aes.NewCipher(master); err != nil {
				return nil, fmt.Errorf("use master key: %w", err)
			}
			copy(k.iv[:], iv)
			return k, nil
		}
	}
	return nil, nil
}

// field cuts a field off that has its length in front, which must be size.
func field(b []byte, size int) (value, rest []byte, ok bool) {
	if len(b) < 1+size || int(b[0]) != size {
		return nil, nil, false
	}
	return b[1 : 1+size], b[1+size:], true
}

// widened returns the form of a key over which Android computes the checksum
// from version 2 on: each byte is made a Java char, with its sign, and the chars
// are encoded in UTF-8. Bytes from 80 on become U+FF80 to U+FFFF.
func widened(key []byte) []byte {
	var out []byte
	for _, b := range key {
		out = utf8.AppendRune(out, rune(uint16(int8(b))))
	}
	return out
}

// lowBytes returns the low eight bits of each UTF-16 unit of a password, and
// whether that differs from the password.
func lowBytes(password []byte) ([]byte, bool) {
	if !utf8.Valid(password) {
		return nil, false
	}
	var out []byte
	for _, u := range utf16.Encode([]rune(string(password))) {
		out = append(out, byte(u))
	}
	return out, !slices.Equal(out, password)
}
