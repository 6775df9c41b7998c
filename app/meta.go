package main

// What FyneApp.toml says, since a binary cannot read it where it is installed. A
// test holds the two together.
const (
	appID   = "com.kinora.studio"
	appName = "Kinora"
	build   = 1
)

// version is set by the linker; see the Makefile.
var version = "0.1.0"
