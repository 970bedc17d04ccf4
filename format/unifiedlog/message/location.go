package message

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// Tables of locationd's annotations. Numbers of harvesters were lower by one in
// older versions of iOS.
var (
	authorizations = map[int64]string{
		0: "Not Determined", 1: "Restricted", 2: "Denied",
		3: "Authorized Always", 4: "Authorized When In Use",
	}
	reachabilities = map[int64]string{
		0: "Reachability Unavailable", 1: "Reachability Small",
		2: "Reachability Large", 56: "Reachability Unachievable",
	}
	harvesters = map[int64]string{
		0: "CellLegacy", 1: "Cell", 2: "Wifi", 3: "Tracks", 4: "Realtime", 5: "App",
		6: "Pass", 7: "Indoor", 8: "Pressure", 9: "Poi", 10: "Trace", 11: "Avenger",
		12: "Altimeter", 13: "Ionosphere", 14: "Unknown",
	}
	sqliteResults = map[int64]string{
		0: "SQLITE_OK", 1: "SQLITE_ERROR", 2: "SQLITE_INTERNAL", 3: "SQLITE_PERM",
		4: "SQLITE_ABORT", 5: "SQLITE_BUSY", 6: "SQLITE_LOCKED", 7: "SQLITE_NOMEM",
		8: "SQLITE_READONLY", 9: "SQLITE_INTERRUPT", 10: "SQLITE_IOERR",
		11: "SQLITE_CORRUPT", 12: "SQLITE_NOTFOUND", 13: "SQLITE_FULL",
		14: "SQLITE_CANTOPEN", 15: "SQLITE_PROTOCOL", 16: "SQLITE_EMPTY",
		17: "SQLITE_SCHEMA", 18: "SQLITE_TOOBIG", 19: "SQLITE_CONSTRAINT",
		20: "SQLITE_MISMATCH", 21: "SQLITE_MISUSE", 22: "SQLITE_NOLFS",
		23: "SQLITE_AUTH", 24: "SQLITE_FORMAT", 25: "SQLITE_RANGE",
		26: "SQLITE_NOTADB", 27: "SQLITE_NOTICE", 28: "SQLITE_WARNING",
		100: "SQLITE_ROW", 101: "SQLITE_DONE", 266: "SQLITE_IOERR_READ",
	}
)

// ioMessages are the system messages of IOKit/IOMessage.h, without their family
// 0xE0000000.
var ioMessages = map[uint32]string{
	0x010: "ServiceIsTerminated", 0x020: "ServiceIsSuspended", 0x030: "ServiceIsResumed",
	0x100: "ServiceIsRequestingClose", 0x101: "ServiceIsAttemptingOpen",
	0x110: "ServiceWasClosed", 0x120: "ServiceBusyStateChange",
	0x128: "ConsoleSecurityChange", 0x130: "ServicePropertyChange",
	0x200: "CanDevicePowerOff", 0x210: "DeviceWillPowerOff",
	0x220: "DeviceWillNotPowerOff", 0x230: "DeviceHasPoweredOn",
	0x250: "SystemWillPowerOff", 0x255: "SystemPagingOff", 0x270: "CanSystemSleep",
	0x280: "SystemWillSleep", 0x290: "SystemWillNotSleep", 0x300: "SystemHasPoweredOn",
	0x310: "SystemWillRestart", 0x320: "SystemWillPowerOn", 0x330: "CopyClientID",
	0x340: "SystemCapabilityChange", 0x350: "DeviceSignaledWakeup",
}

// appendIOMessage appends the name of a message as IOMessage.h spells it, in
// quotation marks. The number can be stored with its sign extended.
func appendIOMessage(dst, data []byte, _ *time.Location) ([]byte, status) {
	n, ok := unsigned(data)
	if !ok {
		return dst, unsupported
	}
	name, ok := ioMessages[uint32(n)-0xe0000000]
	if !ok {
		return appendUnknown(dst, int64(uint32(n)))
	}
	dst = append(append(dst, `"kIOMessage`...), name...)
	return append(dst, '"'), decodedAll
}

// appendEscaped appends a text as a JSON string in which slashes are escaped.
func appendEscaped(dst, data []byte, _ *time.Location) ([]byte, status) {
	return appendJSON(dst, data, true), decodedAll
}

// appendJSON appends a text as a JSON string. Bytes that are not UTF-8 become
// U+FFFD.
func appendJSON[T string | []byte](dst []byte, text T, slashes bool) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range string(text) {
		switch {
		case r == '"' || r == '\\' || r == '/' && slashes:
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r < 0x20 || r == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// An object writes the fields of a C structure as a JSON object.
type object struct {
	dst  []byte
	data []byte
	open bool // a field was written
}

// key begins a field.
func (o *object) key(name string) {
	if o.open {
		o.dst = append(o.dst, ',')
	}
	o.open = true
	o.dst = append(append(append(o.dst, '"'), name...), `":`...)
}

// bools writes fields of one byte each, from an offset on.
func (o *object) bools(at int, names ...string) {
	for i, name := range names {
		o.key(name)
		o.dst = strconv.AppendBool(o.dst, o.data[at+i] != 0)
	}
}

// float writes a field of 8 bytes. What JSON cannot express becomes a string.
func (o *object) float(at int, name string) {
	o.key(name)
	o.dst = appendJSONFloat(o.dst, math.Float64frombits(binary.LittleEndian.Uint64(o.data[at:])))
}

// appendJSONFloat appends a number in its shortest form.
func appendJSONFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(strconv.AppendFloat(append(dst, '"'), f, 'g', -1, 64), '"')
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// int32 writes a field of 4 bytes.
func (o *object) int32(at int, name string) {
	o.key(name)
	o.dst = appendInt(o.dst, int64(int32(binary.LittleEndian.Uint32(o.data[at:]))))
}

// appendClientManager appends the state of a CLClientManager: 8 bytes.
func appendClientManager(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) != 8 {
		return dst, unsupported
	}
	o := object{dst: append(dst, '{'), data: data}
	o.bools(4, "locationRestricted")
	o.int32(0, "locationServicesEnabledStatus")
	return append(o.dst, '}'), decodedAll
}

// appendLocationManager appends the state of a CLLocationManager: 64 bytes, as
// seen on macOS 10.15, or 72. The order of the keys is that of the structure.
func appendLocationManager(dst, data []byte, _ *time.Location) ([]byte, status) {
	if len(data) != 64 && len(data) != 72 {
		return dst, unsupported
	}
	o := object{dst: append(dst, '{'), data: data}
	o.float(0, "distanceFilter")
	o.float(8, "desiredAccuracy")
	o.bools(16, "updatingLocation", "requestingLocation", "requestingRanging",
		"updatingRanging", "updatingHeading")
	o.float(24, "headingFilter")
	o.bools(32, "allowsLocationPrompts", "allowsAlteredAccessoryLocations",
		"dynamicAccuracyReductionEnabled", "previousAuthorizationStatusValid")
	o.int32(36, "previousAuthorizationStatus")
	o.bools(40, "limitsPrecision")
	o.key("activityType")
	o.dst = appendInt(o.dst, int64(binary.LittleEndian.Uint64(data[48:])))
	o.int32(56, "pausesLocationUpdatesAutomatically")
	o.bools(60, "paused", "allowsBackgroundLocationUpdates",
		"showsBackgroundLocationIndicator", "allowsMapCorrection")
	if len(data) == 72 {
		o.bools(64, "batchingLocation", "updatingVehicleSpeed",
			"updatingVehicleHeading", "matchInfoEnabled", "groundAltitudeEnabled",
			"fusionInfoEnabled", "courtesyPromptNeeded", "isAuthorizedForWidgetUpdates")
	}
	return append(o.dst, '}'), decodedAll
}
