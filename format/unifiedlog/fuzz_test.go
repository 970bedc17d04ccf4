package unifiedlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"
	"testing/fstest"
)

// seedPage returns a small page with a private argument.
func seedPage() []byte {
	body := []byte{0xed, 0x0f, 3, 0, 0x78, 0x56, 0x34, 0x12, 1, 0, 0x01, 2, 0x00, 4, 7, 0, 0, 0, 0x21, 4, 0, 0, 3, 0}
	body = append([]byte{0xfd, 0x0f, 3, 0}, body[4:]...)
	tp := []byte{4, 0, 0x02, 0x03, 0, 0x40, 0, 0}
	tp = append(tp, 9, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, byte(len(body)), 0)
	tp = append(tp, body...)
	b := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(nil, 1), 2)
	b = append(b, 0, 1, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(tp)+16))
	b = binary.LittleEndian.AppendUint16(b, pageSize-3)
	b = append(b, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0)
	return append(append(b, tp...), 'a', 'b', 0)
}

func FuzzTimesync(f *testing.F) {
	boot := make([]byte, bootSize)
	copy(boot, []byte{0xb0, 0xbb, bootSize})
	boot[24], boot[28] = 125, 3
	sync := make([]byte, syncSize)
	copy(sync, []byte{'T', 's', syncSize})
	f.Add(append(boot, sync...), uint64(1), uint64(1<<63))
	f.Fuzz(func(t *testing.T, data []byte, from, to uint64) {
		boots, _ := ParseTimesync(data)
		for _, b := range mergeBoots(boots) {
			b.At(from)
			if lo, hi, ok := b.between(from, to); ok && lo > hi {
				t.Errorf("%d > %d", lo, hi)
			}
			var s segment
			x, cx := s.at(b, from)
			if y, cy := b.At(from); x != y || cx != cy {
				t.Errorf("segment gives %d %v, boot %d %v", x, cx, y, cy)
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add(make([]byte, 40))
	f.Add(append(make([]byte, 40), 0, 0x61, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, err := ParseHeader(data); h == nil && err == nil {
			t.Error("neither header nor error")
		}
	})
}

func FuzzCatalog(f *testing.F) {
	f.Add(make([]byte, catalogFixed))
	f.Add([]byte{16, 0, 16, 0, 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _ := parseCatalog(data, &stringStore{})
		q := newQuery(&Filter{Subsystems: []string{"a*"}, Processes: []string{"x"}})
		v := q.view(c)
		for i := range c.subChunks {
			q.skip(v, &c.subChunks[i], &Boot{})
		}
	})
}

func FuzzDecompress(f *testing.F) {
	f.Add([]byte("bv4-\x03\x00\x00\x00abcbv4$"))
	f.Add([]byte("bv41\x0c\x00\x00\x00\x0a\x00\x00\x00\x44abcd\x04\x00\x10xyz\x00bv4$"))
	f.Add([]byte("ZBM\x09\x09\x00\x00\x03\x00\x00abc\x06\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, _ := decompress([]byte("before"), data, 0)
		if !bytes.HasPrefix(out, []byte("before")) || len(out) > maxChunkset+6 {
			t.Errorf("%d bytes", len(out))
		}
	})
}

// FuzzLZ4 compares the decoder with one that copies byte by byte.
func FuzzLZ4(f *testing.F) {
	f.Add([]byte{0x44, 'a', 'b', 'c', 'd', 4, 0, 0x10, 'x'}, 13)
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		n &= 0xffff
		got, err := decodeLZ4([]byte("xy"), data, 2, n)
		want, ok := plainLZ4(data, n)
		if ok != (err == nil) || ok && !bytes.Equal(got[2:], want) {
			t.Errorf("got %x, %v, want %x, %t", got, err, want, ok)
		}
	})
}

func plainLZ4(src []byte, n int) (dst []byte, ok bool) {
	length := func(v int) (int, bool) {
		for v >= 15 {
			if len(src) == 0 {
				return 0, false
			}
			b := src[0]
			src = src[1:]
			if v += int(b); b != 255 {
				break
			}
		}
		return v, true
	}
	for len(src) > 0 {
		token := src[0]
		src = src[1:]
		lit, ok := length(int(token >> 4))
		if !ok || lit > len(src) || lit > n-len(dst) {
			return nil, false
		}
		dst, src = append(dst, src[:lit]...), src[lit:]
		if len(src) == 0 {
			break
		}
		if len(src) < 2 {
			return nil, false
		}
		dist := int(src[0]) | int(src[1])<<8
		src = src[2:]
		match, ok := length(int(token & 15))
		if match += 4; !ok || dist == 0 || dist > len(dst) || match > n-len(dst) {
			return nil, false
		}
		for range match {
			dst = append(dst, dst[len(dst)-dist])
		}
	}
	return dst, len(dst) == n
}

// FuzzChunkset decodes a chunkset with all that is in it, twice: entries in
// order, and by the merge.
func FuzzChunkset(f *testing.F) {
	page := seedPage()
	f.Add(append(binaryPreamble(tagFirehose, len(page)), page...))
	f.Add(append(binaryPreamble(tagOversize, 40), make([]byte, 40)...))
	f.Add(append(binaryPreamble(tagStatedump, statedumpHead), make([]byte, statedumpHead)...))
	f.Add(append(binaryPreamble(tagSimpledump, simpledumpHead), make([]byte, simpledumpHead)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		a, err := Open(storeOf(data))
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		scanned, merged := 0, 0
		_ = a.Scan(context.Background(), Filter{}, 1, func(_ int, batch []Entry) {
			for i := range batch {
				e := &batch[i]
				_ = e.Message()
				_ = e.SignpostName()
				_ = e.Backtrace()
				_, _ = e.Library()
				scanned++
			}
		})
		for e, err := range a.Entries(context.Background(), Filter{}) {
			if err == nil {
				_ = e.Message()
				merged++
			}
		}
		if scanned != merged {
			t.Errorf("%d entries by scan, %d by merge", scanned, merged)
		}
	})
}

// storeOf returns a store with one chunkset.
func storeOf(chunks []byte) fstest.MapFS {
	z := binary.LittleEndian.AppendUint32([]byte("bv4-"), uint32(len(chunks)))
	z = append(append(z, chunks...), "bv4$"...)
	b := append(binaryPreamble(tagHeader, 40), make([]byte, 40)...)
	b = append(append(b, binaryPreamble(tagChunkset, len(z))...), z...)
	b[4], b[preambleSize+40+4] = subTag, subTag
	return fstest.MapFS{"Persist/0000000000000001.tracev3": {Data: b}}
}

func FuzzFile(f *testing.F) {
	f.Add(storeOf(nil)["Persist/0000000000000001.tracev3"].Data)
	f.Add(append([]byte("damaged!"), storeOf(seedPage())["Persist/0000000000000001.tracev3"].Data...))
	f.Fuzz(func(_ *testing.T, data []byte) {
		a, err := Open(fstest.MapFS{"Special/1.tracev3": {Data: data}})
		if err != nil {
			return
		}
		defer a.Close()
		for e, err := range a.Entries(context.Background(), Filter{}) {
			if err == nil {
				_ = e.Message()
			}
		}
	})
}

func FuzzStrings(f *testing.F) {
	f.Add([]byte{0x99, 0x88, 0x77, 0x66, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 0, '/', 'x', 0}, uint64(5))
	f.Add([]byte("hcsd\x02\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x48\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"+
		"\x00\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00UUIDUUIDUUIDUUID\x4b\x00\x00\x00ab\x00/x\x00"), uint64(5))
	f.Fuzz(func(_ *testing.T, data []byte, ref uint64) {
		if t, err := openText(UUID{}, readerOf(data)); err == nil {
			t.text(ref)
		}
		if s, err := openShared(UUID{}, readerOf(data)); err == nil {
			s.text(ref)
			s.imageOf(ref)
		}
	})
}
