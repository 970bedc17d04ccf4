package evidence

// NoteCodes lists the codes of the notes that this package writes, in
// alphabetical order, for those who translate or explain them.
var NoteCodes = []string{
	"acquired-with",           // the tool that made the acquisition, and its version
	"acquisition-unfinished",  // acquisition.json of AndroidQF has no time of completion
	"appledouble-skipped",     // files that a Mac adds to copies, which are not read
	"archive-damaged",         // the archive ends early or is damaged; later members are not listed
	"archive-slow",            // the compression gives no random access
	"backup-cut",              // the end of an Android backup is missing or damaged
	"backup-empty",            // an Android backup has no files
	"backup-state",            // BackupState of Status.plist is not "new"
	"backup-version",          // version, compression and encryption of an Android backup
	"capture-differs",         // parts of a sysdiagnose contradict each other about its instant or system
	"capture-unknown",         // the log of a sysdiagnose does not tell when it was made
	"checksum-differs",        // decompressed content is not what was compressed
	"ciphertext-cut",          // ciphertext is no whole number of blocks
	"class-key-damaged",       // one protection class cannot be opened
	"content-repeated",        // a file that another one holds whole, and that was not read again
	"database-size-differs",   // the header of a database gives another size than its content has
	"description-damaged",     // the MBFile of a row cannot be read
	"digests-differ",          // files of AndroidQF are not as its list of digests says
	"directory-absent",        // an archive has lost its directory; its members were found by their own headers
	"duplicate-member",        // an archive has two members of one name; the first is used
	"duplicate-path",          // two rows have one device path; later ones are shown elsewhere
	"encryption-flag-differs", // IsEncrypted contradicts the bytes
	"encryption-unknown",      // whether a payload is encrypted cannot be told
	"file-empty",              // a file of AndroidQF has no byte: copying it may have failed
	"fileid-differs",          // a fileID is not the SHA-1 of the name
	"fileid-invalid",          // a fileID is not 40 hexadecimal digits: the file is not opened
	"files-beside",            // more files lie beside the payloads than are shown
	"files-listed",            // how many files, folders and links the manifest lists
	"files-outside",           // files beside a sysdiagnose, which are not read
	"filesystem-part",         // a file system with few files, or with none of the user: only a part of that of the phone
	"internal-files",          // files that only Apple's own builds write
	"key-absent",              // a file without key has the size of ciphertext
	"link-ignored",            // a link, which is not followed
	"links-listed",            // how many links the file system of a phone has, which are not followed
	"list-absent",             // Info.plist, Manifest.plist or Status.plist is absent
	"list-damaged",            // one of them cannot be read
	"listing-incomplete",      // folders or rows that could not be listed
	"log-arguments-absent",    // entries of a unified log whose arguments were stored apart, and are not there
	"log-catalog-differs",     // processes or times that the catalogs of a unified log do not state
	"log-parts-unknown",       // parts of a unified log of a kind that is not known, which were not read
	"log-strings-absent",      // entries of a unified log whose text is in a file that is not there, or not in it
	"main-text-absent",        // a bugreport has no text of dumpstate
	"main-text-differs",       // main_entry.txt of a bugreport names no text that is there
	"manifest-damaged",        // parts of the manifest that cannot be read
	"manifest-log",            // Manifest.db comes with a log, which was applied
	"member-cut",              // the archive ends within a member
	"member-name-differs",     // a zip member has two names
	"member-sparse",           // a sparse member of a tar archive, whose content is not read
	"members-overlap",         // zip members claim more bytes than the archive has
	"name-absolute",           // names of members begin with a slash, which is left out
	"name-refused",            // the name of a member leaves the archive or is not valid
	"nested-damaged",          // an acquisition within another cannot be opened
	"nested-locked",           // an acquisition within another needs a secret that is missing or wrong
	"not-full-backup",         // IsFullBackup of Status.plist is false
	"not-regular",             // a device or the like
	"padding-invalid",         // the padding of decrypted content is not valid
	"part-absent",             // a text lacks a part that its version of Android does not print
	"paths-mapped",            // which folder of an acquisition is which of the device
	"payload-orphan",          // a payload that the manifest does not list
	"payloads-absent",         // files of the manifest whose payload is absent
	"payloads-encrypted",      // a plain catalogue of encrypted payloads
	"payloads-locked",         // encrypted payloads that no key was given for
	"payloads-mixed",          // plain and encrypted payloads
	"places-unknown",          // loose files, of which only the names are known
	"record-absent",           // a file of AndroidQF that describes the acquisition or the phone is absent
	"record-damaged",          // it cannot be read
	"root-guessed",            // a sysdiagnose without the log of its collection
	"roots-several",           // several sysdiagnoses lie side by side
	"section-failed",          // dumpstate says that a section of a bug report failed
	"section-timed-out",       // a section of a bug report was given up
	"sections-incomplete",     // a bug report could not be cut into its sections to the end
	"size-differs",            // the manifest lists another size than the content has
	"snapshot-not-finished",   // SnapshotState of Status.plist is not "finished"
	"stored-plain",            // a payload with a key is not encrypted
	"system-folder-absent",    // a file system without the files of the system
	"unknown-domain",          // rows of a domain whose place on the device is not known
	"unknown-flags",           // rows that are neither file, folder nor link
}

// unread are the notes on content that is there, or was, and that nobody could
// read whole. What fails when its files are opened is no part of them: it is an
// error of each parser that reads them.
var unread = map[string]bool{
	"archive-damaged": true, "backup-cut": true, "checksum-differs": true, "directory-absent": true, "duplicate-member": true, "listing-incomplete": true,
	"link-ignored": true, "member-cut": true, "member-sparse": true, "name-refused": true, "nested-damaged": true, "nested-locked": true, "not-regular": true,
	"sections-incomplete": true,
}

// Incomplete reports whether the note says that a part of the acquisition could
// not be read, so that an examination of it is not complete.
func (n Note) Incomplete() bool { return unread[n.Code] }
