package keybag

import (
	"bytes"
	"crypto/aes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"testing"
)

// tlv is one record of a keybag under construction.
func tlv(tag string, value []byte) []byte {
	out := binary.BigEndian.AppendUint32([]byte(tag), uint32(len(value)))
	return append(out, value...)
}

func num(tag string, v uint32) []byte { return tlv(tag, binary.BigEndian.AppendUint32(nil, v)) }

// wrap is the AES key wrap of RFC 3394, section 2.2.1, for the tests.
func wrap(t testing.TB, kek, key []byte) []byte {
	block, err := aes.NewCipher(kek)
	if err != nil {
		t.Fatal(err)
	}
	n := len(key) / 8
	r := slices.Clone(key)
	buf := append([]byte("\xa6\xa6\xa6\xa6\xa6\xa6\xa6\xa6"), make([]byte, 8)...)
	for j := range 6 {
		for i := 1; i <= n; i++ {
			copy(buf[8:], r[8*(i-1):8*i])
			block.Encrypt(buf, buf)
			copy(r[8*(i-1):], buf[8:])
			binary.BigEndian.PutUint64(buf, binary.BigEndian.Uint64(buf)^uint64(n*j+i))
		}
	}
	return append(slices.Clone(buf[:8]), r...)
}

type classSpec struct {
	class, wrap uint32
	key         []byte // wrapped
}

func header(parts ...[]byte) []byte {
	return slices.Concat(append([][]byte{
		num("VERS", 4), num("TYPE", Backup), tlv("UUID", make([]byte, 16)), tlv("HMCK", make([]byte, 40)), num("WRAP", 0),
	}, parts...)...)
}

func class(c classSpec) []byte {
	return slices.Concat(tlv("UUID", make([]byte, 16)), num("CLAS", c.class), num("WRAP", c.wrap), num("KTYP", 0), tlv("WPKY", c.key))
}

var (
	salt      = bytes.Repeat([]byte{1}, 20)
	firstSalt = bytes.Repeat([]byte{2}, 20)
	oldStyle  = [][]byte{tlv("SALT", salt), num("ITER", 10)}
	newStyle  = [][]byte{tlv("SALT", salt), num("ITER", 10), num("DPWT", 1), num("DPIC", 20), tlv("DPSL", firstSalt)}
)

// TestUnwrapRFC checks the vector of RFC 3394, section 4.6.
func TestUnwrapRFC(t *testing.T) {
	t.Parallel()
	kek, _ := hex.DecodeString("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")
	key, _ := hex.DecodeString("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
	wrapped, _ := hex.DecodeString("28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21")
	got, err := Unwrap(kek, wrapped)
	if err != nil || !bytes.Equal(got, key) {
		t.Fatalf("Unwrap = %x, %v; want %x", got, err, key)
	}
	if w := wrap(t, kek, key); !bytes.Equal(w, wrapped) {
		t.Fatalf("the test's wrap = %x, want %x", w, wrapped)
	}
	wrapped[39] ^= 1
	if _, err := Unwrap(kek, wrapped); !errors.Is(err, ErrIntegrity) {
		t.Fatalf("changed key: %v, want ErrIntegrity", err)
	}
	if _, err := Unwrap(kek, wrapped[:39]); !errors.Is(err, ErrIntegrity) {
		t.Fatalf("short key: %v, want ErrIntegrity", err)
	}
}

func TestUnlock(t *testing.T) {
	t.Parallel()
	for name, style := range map[string][][]byte{"before 10.2": oldStyle, "from 10.2": newStyle} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bag, err := Parse(slices.Concat(header(style...), class(classSpec{4, 2, make([]byte, 40)})))
			if err != nil {
				t.Fatal(err)
			}
			key, err := bag.Derive([]byte("pass"))
			if err != nil {
				t.Fatal(err)
			}
			k4, k7 := bytes.Repeat([]byte{4}, 32), bytes.Repeat([]byte{7}, 32)
			bag, err = Parse(slices.Concat(header(style...),
				class(classSpec{4, 2, wrap(t, key, k4)}),
				class(classSpec{3, 2, make([]byte, 40)}),
				class(classSpec{7, 2, wrap(t, key, k7)}),
				class(classSpec{9, 3, make([]byte, 40)})))
			if err != nil {
				t.Fatal(err)
			}
			checkUnlocked(t, bag, key, k4)
			wrong, _ := bag.Derive([]byte("other"))
			if _, err := bag.Unlock(wrong); !errors.Is(err, ErrWrongKey) {
				t.Errorf("wrong password: %v, want ErrWrongKey", err)
			}
			if _, err := bag.Unlock(nil); !errors.Is(err, ErrWrongKey) {
				t.Errorf("no key: %v, want ErrWrongKey", err)
			}
		})
	}
}

func checkUnlocked(t *testing.T, bag *Bag, key, k4 []byte) {
	t.Helper()
	keys, err := bag.Unlock(key)
	if err != nil {
		t.Fatal(err)
	}
	if got := keys.Classes(); !slices.Equal(got, []uint32{4, 7}) {
		t.Errorf("classes %v, want 4 and 7", got)
	}
	if !slices.Equal(keys.Damaged, []uint32{3}) || !slices.Equal(keys.Device, []uint32{9}) {
		t.Errorf("damaged %v, device %v, want 3 and 9", keys.Damaged, keys.Device)
	}
	file := bytes.Repeat([]byte{0x55}, 32)
	got, err := keys.FileKey(append([]byte{4, 0, 0, 0}, wrap(t, k4, file)...))
	if err != nil || !bytes.Equal(got, file) {
		t.Errorf("FileKey = %x, %v; want %x", got, err, file)
	}
	if _, err := keys.FileKey(append([]byte{5, 0, 0, 0}, make([]byte, 40)...)); !errors.Is(err, ErrNoClass) {
		t.Errorf("class 5: %v, want ErrNoClass", err)
	}
	if _, err := keys.FileKey(append([]byte{4, 0, 0, 0}, make([]byte, 40)...)); !errors.Is(err, ErrIntegrity) {
		t.Errorf("damaged file key: %v, want ErrIntegrity", err)
	}
	if _, err := keys.FileKey([]byte{4, 0}); err == nil {
		t.Error("a file key of 2 bytes is accepted")
	}
}

func TestHeaderAndClassWrapAreApart(t *testing.T) {
	t.Parallel()
	bag, err := Parse(slices.Concat(
		num("VERS", 3), num("TYPE", 1), tlv("UUID", make([]byte, 16)), num("WRAP", 9), tlv("XXXX", nil),
		class(classSpec{1, 2, nil}), class(classSpec{2, 3, nil})))
	if err != nil {
		t.Fatal(err)
	}
	if bag.Wrap != 9 || len(bag.Classes) != 2 || bag.Classes[0].Wrap != 2 || bag.Classes[1].Wrap != 3 {
		t.Errorf("header WRAP %d, classes %+v", bag.Wrap, bag.Classes)
	}
	if !slices.Equal(bag.Unknown, []string{"XXXX"}) {
		t.Errorf("unknown tags %v", bag.Unknown)
	}
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	good := slices.Concat(header(newStyle...), class(classSpec{4, 2, make([]byte, 40)}))
	for name, data := range map[string][]byte{
		"empty":           nil,
		"cut in a value":  good[:len(good)-1],
		"cut in a tag":    append(slices.Clone(good), 'W', 'P'),
		"length overruns": append(slices.Clone(good), "WPKY\xff\xff\xff\xff"...),
		"short number":    tlv("VERS", []byte{1}),
		"no uuid":         num("VERS", 3),
		"huge":            make([]byte, maxSize+1),
		"many classes":    append(header(), bytes.Repeat(class(classSpec{4, 2, nil}), maxClasses+1)...),
	} {
		if _, err := Parse(data); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
	}
	for name, head := range map[string][][]byte{
		"no salt":      {num("ITER", 10)},
		"no rounds":    {tlv("SALT", salt)},
		"many rounds":  {tlv("SALT", salt), num("ITER", maxIterations+1)},
		"no DPIC":      {tlv("SALT", salt), num("ITER", 10), tlv("DPSL", firstSalt)},
		"no DPSL":      {tlv("SALT", salt), num("ITER", 10), num("DPIC", 10)},
		"costly DPIC":  {tlv("SALT", salt), num("ITER", 10), num("DPIC", maxRounds+1), tlv("DPSL", firstSalt)},
		"DPIC of 2^32": {tlv("SALT", salt), num("ITER", 10), num("DPIC", 1<<32-1), tlv("DPSL", firstSalt)},
	} {
		bag, err := Parse(slices.Concat(header(head...), class(classSpec{4, 2, make([]byte, 40)})))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := bag.Derive([]byte("x")); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
	}
	bag, err := Parse(slices.Concat(header(newStyle...), class(classSpec{4, 1, make([]byte, 40)}), class(classSpec{4, 2, make([]byte, 39)})))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bag.Unlock(make([]byte, 32)); !errors.Is(err, ErrDamaged) {
		t.Errorf("no class a password opens: %v, want ErrDamaged", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(slices.Concat(header(newStyle...), class(classSpec{4, 2, make([]byte, 40)})))
	f.Add(slices.Concat(header(oldStyle...), class(classSpec{1, 3, make([]byte, 40)}), class(classSpec{2, 2, nil})))
	f.Add([]byte("UUID\x00\x00\x00\x00UUID\x00\x00\x00\x00CLAS\x00\x00\x00\x04\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		bag, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("error is not ErrDamaged: %v", err)
			}
			return
		}
		if bag.FirstRounds < 1000 && bag.Iterations < 1000 {
			if key, err := bag.Derive(data); err == nil {
				_, _ = bag.Unlock(key)
			}
		}
	})
}
