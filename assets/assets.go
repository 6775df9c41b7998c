// Package assets carries what Kinora ships inside its binary. It knows bytes and
// names, and nothing of what they mean.
package assets
