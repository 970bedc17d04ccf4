package logtest

// compressLZ4 returns data as one LZ4 block, by the first match found.
func compressLZ4(src []byte) []byte {
	const minMatch, tailLiterals, window = 4, 12, 65535
	var table [1 << 13]int32
	dst := make([]byte, 0, len(src)/2)
	start := 0
	for i := 0; i+tailLiterals < len(src); {
		v := le.Uint32(src[i:])
		h := v * 2654435761 >> 19
		m := int(table[h]) - 1
		table[h] = int32(i + 1)
		if m < 0 || i-m > window || le.Uint32(src[m:]) != v {
			i++
			continue
		}
		n := minMatch
		for i+n < len(src)-5 && src[m+n] == src[i+n] {
			n++
		}
		dst = appendSequence(dst, src[start:i], i-m, n-minMatch)
		i += n
		start = i
	}
	return appendSequence(dst, src[start:], 0, 0)
}

// appendSequence appends literals and a match; the last sequence has none.
func appendSequence(dst, literals []byte, dist, match int) []byte {
	token := byte(min(len(literals), 15)) << 4
	if dist > 0 {
		token |= byte(min(match, 15))
	}
	dst = append(dst, token)
	dst = appendLength(dst, len(literals))
	dst = append(dst, literals...)
	if dist > 0 {
		dst = appendLength(append(dst, byte(dist), byte(dist>>8)), match)
	}
	return dst
}

func appendLength(dst []byte, n int) []byte {
	if n < 15 {
		return dst
	}
	for n -= 15; n >= 255; n -= 255 {
		dst = append(dst, 255)
	}
	return append(dst, byte(n))
}
