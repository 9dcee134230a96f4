// Package testdata finds the shared data folder that golden tests read. The
// folder lies beside the checkout and is never part of it.
package testdata

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Root is the project's root folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Shared returns the path of a file or folder in the shared data. Without it
// the test is skipped, or fails where ATHAR_REQUIRE_SHARED=1.
func Shared(t testing.TB, path string) string {
	t.Helper()
	full := filepath.Join(Root(), "..", "shared", filepath.FromSlash(path))
	if _, err := os.Stat(full); err != nil {
		if os.Getenv("ATHAR_REQUIRE_SHARED") == "1" {
			t.Fatalf("shared data are required here: %v", err)
		}
		t.Skipf("needs the shared data folder beside the project: %v", err)
	}
	return full
}
