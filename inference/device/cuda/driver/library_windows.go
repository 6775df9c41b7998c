//go:build cuda && (linux || windows)

package driver

// libraryName is what NVIDIA's driver installs.
const libraryName = "nvcuda.dll"
