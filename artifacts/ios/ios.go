// Package ios describes the artifacts of iPhones and iPads, one in each file.
package ios

//go:generate go run ../../internal/genlist
