package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestFyneApp holds what the program says of itself to FyneApp.toml, from which
// packages are made.
func TestFyneApp(t *testing.T) {
	b, err := os.ReadFile("../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		fmt.Sprintf("ID = %q", appID), fmt.Sprintf("Name = %q", appName), fmt.Sprintf("Version = %q", version), fmt.Sprintf("Build = %d", build),
	} {
		if !strings.Contains(string(b), line) {
			t.Errorf("FyneApp.toml lacks %s", line)
		}
	}
}
