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
	b = append(b, digit(y/1000), digit(y/100), digit(y/10), digit(y), '-', digit(m/10), digit(m), '-', digit(d/10), digit(d), 'T',
		digit(of/36000), digit(of/3600%10), ':', digit(of/600%6), digit(of/60), ':', digit(of%60/10), digit(of%60))
	nano := uint32(t.Nanosecond())
	if nano == 0 {
		return append(b, 'Z')
	}
	b = append(b, '.')
	for unit := uint32(1e8); nano > 0; unit /= 10 {
		b = append(b, digit(nano/unit))
		nano %= unit
	}
	return append(b, 'Z')
}

// digit returns the last digit of a number.
func digit(n uint32) byte { return '0' + byte(n%10) }

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
