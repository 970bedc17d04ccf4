// Package android describes the artifacts of Android phones, one in each file.
package android

//go:generate go run ../../internal/genlist
