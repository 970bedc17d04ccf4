package intrusionlog

// A DNS is a name that an app had resolved.
type DNS struct {
	Package   string   // package_name: the app
	Host      string   // hostname
	Addresses []string // ip_addresses, as Java writes them: "/203.0.113.9"; see [Address]
	Count     *int64   // ip_addresses_count: how many there were, also those not listed
}

// A Connect is a connection that an app made.
type Connect struct {
	Package string // package_name: the app
	Address string // ip_address, as Java writes it; see [Address]
	Port    *int64 // port
}

func decodeDNS(f *fieldSet) any {
	return &DNS{Package: f.pkg(), Host: f.text("hostname"), Addresses: f.texts("ip_addresses"), Count: f.number("ip_addresses_count")}
}

func decodeConnect(f *fieldSet) any {
	return &Connect{Package: f.pkg(), Address: f.text("ip_address"), Port: f.number("port")}
}

// pkg returns the name of a package, under the names that readers of real logs
// accept.
func (f *fieldSet) pkg() string { return f.text("package_name", "package", "pkg") }

// Address splits an address as Java's InetAddress writes it, "host/address",
// whose host is mostly empty.
func Address(s string) (host, address string) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '/' {
			return s[:i], s[i+1:]
		}
	}
	return "", s
}

// The decoded values of security events. A pointer is nil where the value is
// not there; a text is empty.
type (
	// Plain is an event that only says that it happened.
	Plain struct{}

	// Command is a command of an adb shell.
	Command struct {
		Command string // command
	}

	// Transfer is a file copied with adb, Path being on the device. Whether it
	// left or reached the device, the tag says.
	Transfer struct {
		Path string // path
	}

	// Process is the start of a process of an app.
	Process struct {
		Process string // process: package[:process[:service class:instance]]
		UID     *int64 // uid
		PID     *int64 // pid
		SEInfo  string // seinfo
		SHA256  string // sha256 of the base APK, hexadecimal
		Started *int64 // start_time, milliseconds since 1970-01-01 UTC
	}

	// Attempt is an attempt to unlock the screen.
	Attempt struct {
		Success *bool  // success
		Method  *int64 // method_strength: 1 strong such as a PIN, 0 weak
	}

	// Boot is a start of the system.
	Boot struct {
		VerifiedBoot string // verified_boot_state, such as "green"
		Verity       string // dm_verity_mode, such as "enforcing"
	}

	// Media is a storage medium.
	Media struct {
		MountPoint string // mount_point
		Label      string // volume_label
	}

	// Policy is a policy that a device administrator set. Only the values that
	// belong to the tag are there.
	Policy struct {
		Admin            string // admin_package
		AdminUser        *int64 // admin_user_id
		TargetUser       *int64 // target_user_id, or user_id
		Timeout          *int64 // timeout_ms, milliseconds
		Length           *int64 // length, of passwords or of their history
		Quality          *int64 // quality
		Letters          *int64 // letters
		NonLetters       *int64 // non_letters
		Digits           *int64 // digits
		Uppercase        *int64 // uppercase
		Lowercase        *int64 // lowercase
		Symbols          *int64 // symbols
		MaxAttempts      *int64 // max_attempts
		DisabledFeatures *int64 // disabled_features, a mask
		Disabled         *bool  // disabled, of cameras
		Enabled          *bool  // enabled, of the backup service
		Complexity       *int64 // complexity
		Restriction      string // restriction, of a user
	}

	// KeyUse is the making, import or removal of a key, or damage to one.
	KeyUse struct {
		Success *bool  // success
		Key     string // key_id
		UID     *int64 // uid
	}

	// Authority is a certificate authority that was installed or removed.
	Authority struct {
		Success *bool  // success; nil is to be read as true
		Subject string // subject
		User    *int64 // user_id
	}

	// SelfTest is a self test of cryptography.
	SelfTest struct {
		Success *bool // success, or the value itself
	}

	// Failure is why a certificate was refused, or what could not be wiped.
	Failure struct {
		Reason string // reason, or the value itself
	}

	// Password is a change of the password of the screen.
	Password struct {
		Complexity *int64 // complexity
		User       *int64 // user_id
	}

	// WiFi is a connection to a wireless network, or its end.
	WiFi struct {
		BSSID  string // bssid, the last bytes may be masked
		Event  string // event_type
		Reason string // reason
	}

	// Bluetooth is a connection with a Bluetooth device, or its end.
	Bluetooth struct {
		Address string // mac_address
		Success *bool  // success
		Reason  string // reason
	}

	// Package is a package that was installed, updated or removed.
	Package struct {
		Package string // package_name
		Version *int64 // version_code
		User    *int64 // user_id
	}
)
