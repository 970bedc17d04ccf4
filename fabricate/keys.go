package fabricate

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
)

// fileClass is the protection class of the files of a fabricated backup:
// complete until first authentication.
const fileClass = 3

// keys is the key bag of a backup, and the keys in it.
type keys struct {
	rnd             *rand.Rand // of its own, so that a plain twin has the same content
	bag             []byte
	classes         map[uint32][]byte
	files           cipher.Block // with the key of the class of all files
	manifest        []byte
	wrappedManifest []byte // with its class, as Manifest.plist has it
}

// newKeys makes a key bag as iOS 10.2 and later do. Rounds is the cost of the
// outer derivation; phones use 10,000,000.
func newKeys(password string, rounds int, seed uint64) (*keys, error) {
	rnd := rand.New(rand.NewPCG(seed, 0x6b657973))
	const innerRounds = 10_000
	salt, outerSalt := random(rnd, 20), random(rnd, 20)
	outer, err := pbkdf2.Key(sha256.New, password, outerSalt, rounds, 32)
	if err != nil {
		return nil, err
	}
	key, err := pbkdf2.Key(sha1.New, string(outer), salt, innerRounds, 32)
	if err != nil {
		return nil, err
	}
	k := &keys{rnd: rnd, classes: map[uint32][]byte{}}
	k.bag = slices.Concat(number("VERS", 4), number("TYPE", 1), tlv("UUID", random(rnd, 16)), tlv("HMCK", random(rnd, 40)), number("WRAP", 0),
		tlv("SALT", salt), number("ITER", innerRounds), number("DPWT", 0), number("DPIC", uint32(rounds)), tlv("DPSL", outerSalt))
	for class := uint32(1); class <= 11; class++ {
		k.classes[class] = random(rnd, 32)
		k.bag = append(k.bag, slices.Concat(tlv("UUID", random(rnd, 16)), number("CLAS", class), number("WRAP", 2), number("KTYP", 0),
			tlv("WPKY", wrap(key, k.classes[class])))...)
	}
	if k.files, err = aes.NewCipher(k.classes[fileClass]); err != nil {
		return nil, err
	}
	k.manifest = random(rnd, 32)
	k.wrappedManifest = k.wrapped(k.manifest)
	return k, nil
}

// file returns a new key for a file, and the same one wrapped.
func (k *keys) file() (key, wrapped []byte) {
	key = random(k.rnd, 32)
	return key, k.wrapped(key)
}

func (k *keys) wrapped(key []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, fileClass), wrapWith(k.files, key)...)
}

func random(rnd *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, rnd.Uint64())
	}
	return b[:n]
}

func tlv(tag string, value []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte(tag), uint32(len(value))), value...)
}

func number(tag string, v uint32) []byte { return tlv(tag, binary.BigEndian.AppendUint32(nil, v)) }

// wrap wraps a key with another one, as RFC 3394 says.
func wrap(kek, key []byte) []byte {
	block, err := aes.NewCipher(kek)
	if err != nil {
		panic(err) // the keys of this package have 32 bytes
	}
	return wrapWith(block, key)
}

func wrapWith(block cipher.Block, key []byte) []byte {
	r := slices.Clone(key)
	n := len(key) / 8
	buf := make([]byte, 16)
	binary.BigEndian.PutUint64(buf, 0xa6a6a6a6a6a6a6a6)
	for j := range 6 {
		for i := range n {
			copy(buf[8:], r[8*i:8*i+8])
			block.Encrypt(buf, buf)
			copy(r[8*i:], buf[8:])
			binary.BigEndian.PutUint64(buf, binary.BigEndian.Uint64(buf)^uint64(n*j+i+1))
		}
	}
	return append(slices.Clone(buf[:8]), r...)
}
