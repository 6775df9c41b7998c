// Package export turns frames into files that other programs open, and reads the
// settings back out of them. One format a file; formats.go lists them. It does
// not know the history.
package export

// A Format is a kind of file a clip can be saved as.
type Format struct {
	Name   string // mp4, gif, png
	Title  string // for people
	Ext    string // with the dot; empty for a folder
	Folder bool   // the path is a folder
}
