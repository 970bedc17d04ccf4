package intrusionlog

// A Tag is a kind of security event.
type Tag struct {
	ID     int    // tag of the event log, in android.app.admin.SecurityLog
	Name   string // key in the log
	API    int    // level of Android since which it is written
	decode func(f *fieldSet) any
}

// Tags lists the kinds of security event that are known, by their ID. The body
// of an event is a pointer to one type for each: [Plain], [Command], [Transfer],
// [Process], [Attempt], [Boot], [Media], [Policy], [KeyUse], [Authority],
// [SelfTest], [Failure], [Password], [WiFi], [Bluetooth] or [Package].
var Tags = []Tag{
	{210001, "adb_shell_interactive", 24, decodePlain},
	{210002, "adb_shell_cmd", 24, decodeCommand},
	{210003, "adb_sync_recv_file", 24, decodeTransfer}, // from the device
	{210004, "adb_sync_send_file", 24, decodeTransfer}, // to the device
	{210005, "app_process_start", 24, decodeProcess},
	{210006, "keyguard_dismissed", 24, decodePlain},
	{210007, "keyguard_dismiss_auth_attempt", 24, decodeAttempt},
	{210008, "keyguard_secured", 24, decodePlain},
	{210009, "os_startup", 28, decodeBoot},
	{210010, "os_shutdown", 28, decodePlain},
	{210011, "logging_started", 28, decodePlain},
	{210012, "logging_stopped", 28, decodePlain},
	{210013, "media_mount", 28, decodeMedia},
	{210014, "media_unmount", 28, decodeMedia},
	{210015, "log_buffer_size_critical", 28, decodePlain},
	{210016, "password_expiration_set", 28, decodePolicy},
	{210017, "password_complexity_set", 28, decodePolicy},
	{210018, "password_history_length_set", 28, decodePolicy},
	{210019, "max_screen_lock_timeout_set", 28, decodePolicy},
	{210020, "max_password_attempts_set", 28, decodePolicy},
	{210021, "keyguard_disabled_features_set", 28, decodePolicy},
	{210022, "remote_lock", 28, decodePolicy},
	{210023, "wipe_failure", 28, decodeFailure},
	{210024, "key_generated", 28, decodeKey},
	{210025, "key_import", 28, decodeKey},
	{210026, "key_destruction", 28, decodeKey},
	{210027, "user_restriction_added", 28, decodePolicy},
	{210028, "user_restriction_removed", 28, decodePolicy},
	{210029, "cert_authority_installed", 28, decodeAuthority},
	{210030, "cert_authority_removed", 28, decodeAuthority},
	{210031, "crypto_self_test_completed", 28, decodeSelfTest},
	{210032, "key_integrity_violation", 28, decodeKey},
	{210033, "cert_validation_failure", 28, decodeFailure},
	{210034, "camera_policy_set", 30, decodePolicy},
	{210035, "password_complexity_required", 31, decodePolicy},
	{210036, "password_changed", 31, decodePassword},
	{210037, "wifi_connection", 33, decodeWiFi},
	{210038, "wifi_disconnection", 33, decodeWiFi},
	{210039, "bluetooth_connection", 33, decodeBluetooth},
	{210040, "bluetooth_disconnection", 33, decodeBluetooth},
	{210041, "package_installed", 34, decodePackage},
	{210042, "package_updated", 34, decodePackage},
	{210043, "package_uninstalled", 34, decodePackage},
	{210044, "backup_service_toggled", 35, decodePolicy},
	{210045, "nfc_enabled", 36, decodePlain},
	{210046, "nfc_disabled", 36, decodePlain},
}

var tagsByName = func() map[string]Tag {
	m := make(map[string]Tag, len(Tags))
	for _, t := range Tags {
		m[t.Name] = t
	}
	return m
}()

// knownKeys are the keys that events have.
var knownKeys = func() map[string]string {
	m := map[string]string{}
	for _, k := range []string{
		KindDNS, KindConnect, KindSecurity, "event_id", "event_time", "event_type", "timestamp", "package_name", "hostname",
		"ip_addresses", "ip_addresses_count", "ip_address", "port", "process", "uid", "pid", "seinfo", "sha256", "start_time",
		"success", "method_strength", "command", "path", "key_id", "bssid", "version_code", "user_id", "mac_address", "reason",
	} {
		m[k] = k
	}
	for _, t := range Tags {
		m[t.Name] = t.Name
	}
	return m
}()

func decodePlain(*fieldSet) any { return &Plain{} }

func decodeCommand(f *fieldSet) any { return &Command{Command: f.textOrScalar("command")} }

func decodeTransfer(f *fieldSet) any { return &Transfer{Path: f.textOrScalar("path")} }

func decodeProcess(f *fieldSet) any {
	return &Process{
		Process: f.textOrScalar("process"), UID: f.number("uid"), PID: f.number("pid"), SEInfo: f.text("seinfo"),
		SHA256: f.text("sha256"), Started: f.number("start_time"),
	}
}

func decodeAttempt(f *fieldSet) any {
	return &Attempt{Success: f.flagOrScalar("success"), Method: f.number("method_strength")}
}

func decodeBoot(f *fieldSet) any {
	return &Boot{VerifiedBoot: f.text("verified_boot_state"), Verity: f.text("dm_verity_mode")}
}

func decodeMedia(f *fieldSet) any {
	return &Media{MountPoint: f.text("mount_point"), Label: f.text("volume_label")}
}

func decodePolicy(f *fieldSet) any {
	return &Policy{
		Admin: f.textOrScalar("admin_package"), AdminUser: f.number("admin_user_id"), TargetUser: f.number("target_user_id", "user_id"),
		Timeout: f.number("timeout_ms"), Length: f.number("length"), Quality: f.number("quality"), Letters: f.number("letters"),
		NonLetters: f.number("non_letters"), Digits: f.number("digits"), Uppercase: f.number("uppercase"), Lowercase: f.number("lowercase"),
		Symbols: f.number("symbols"), MaxAttempts: f.number("max_attempts"), DisabledFeatures: f.number("disabled_features"),
		Disabled: f.flag("disabled"), Enabled: f.flag("enabled"), Complexity: f.number("complexity"), Restriction: f.text("restriction"),
	}
}

func decodeKey(f *fieldSet) any {
	return &KeyUse{Success: f.flag("success"), Key: f.textOrScalar("key_id"), UID: f.number("uid")}
}

func decodeAuthority(f *fieldSet) any {
	return &Authority{Success: f.flagOrScalar("success"), Subject: f.text("subject"), User: f.number("user_id", "target_user_id")}
}

func decodeSelfTest(f *fieldSet) any { return &SelfTest{Success: f.flagOrScalar("success")} }

func decodeFailure(f *fieldSet) any { return &Failure{Reason: f.textOrScalar("reason")} }

func decodePassword(f *fieldSet) any {
	return &Password{Complexity: f.number("complexity"), User: f.number("user_id")}
}

func decodeWiFi(f *fieldSet) any {
	return &WiFi{BSSID: f.text("bssid"), Event: f.text("event_type"), Reason: f.text("reason")}
}

func decodeBluetooth(f *fieldSet) any {
	return &Bluetooth{Address: f.text("mac_address"), Success: f.flag("success"), Reason: f.text("reason")}
}

func decodePackage(f *fieldSet) any {
	return &Package{Package: f.pkg(), Version: f.number("version_code"), User: f.number("user_id")}
}
