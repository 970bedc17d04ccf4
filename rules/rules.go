// Package rules holds the rules shipped with Vigie, one file each.
package rules

import "embed"

// FS holds the rules by platform, such as "ios/ios-tcc-path-client.yaml".
//
//go:embed android ios
var FS embed.FS
