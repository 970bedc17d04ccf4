package record

import "time"

// The instants that AppendInstant writes by itself: years 0 to 9999.
const (
	firstSecond = -62167219200 // 0000-01-01
	lastSecond  = 253402300799 // 9999-12-31 23:59:59
	secondsADay = 24 * 60 * 60
)

// AppendInstant appends an instant in the layout [Instant], in UTC. It gives
// what the package time does with the layout, in a fraction of the time.
func AppendInstant(b []byte, t time.Time) []byte {
	sec := t.Unix()
	if sec < firstSecond || sec > lastSecond {
		return t.UTC().AppendFormat(b, Instant)
	}
	since := uint64(sec - firstSecond)
	y, m, d := civil(uint32(since / secondsADay))
	of := uint32(since % secondsADay)
	minutes := of / 60
	b = append(append(b, pair(y/100)...), pair(y%100)...)
	b = append(append(b, '-'), pair(m)...)
	b = append(append(b, '-'), pair(d)...)
	b = append(append(b, 'T'), pair(minutes/60)...)
	b = append(append(b, ':'), pair(minutes%60)...)
	b = append(append(b, ':'), pair(of%60)...)
	if nano := uint32(t.Nanosecond()); nano > 0 {
		b = append(append(append(b, '.'), pair(nano/1e7)...), pair(nano/1e5%100)...)
		b = append(append(b, pair(nano/1e3%100)...), pair(nano/10%100)...)
		b = append(b, '0'+byte(nano%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return append(b, 'Z')
}

// pairs has the numbers below 100, of two digits each.
const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"

func pair(n uint32) string { return pairs[2*n : 2*n+2] }

// civil returns the date that is so many days after 0000-01-01 in the Gregorian
// calendar. Years are counted from March, so that the leap day is their last;
// in them the first day of month m is (153m+2)/5 (Hinnant, "chrono-Compatible
// Low-Level Date Algorithms").
func civil(days uint32) (y, m, d uint32) {
	const era = 146097 // days of 400 years
	days += era - 60   // from 1 March of the year -400
	of := days % era
	year := (of - of/1460 + of/36524 - of/146096) / 365
	day := of - (365*year + year/4 - year/100)
	y, m = days/era*400+year-400, (5*day+2)/153
	d = day - (153*m+2)/5 + 1
	if m < 10 {
		return y, m + 3, d
	}
	return y + 1, m - 9, d
}
