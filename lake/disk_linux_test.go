package lake

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

const fullDisk = "ATHAR_TEST_FULL_DISK"

// On a disk that is full at any point of an import the lake stays as it was.
// The disks are small file systems in memory, in a name space of their own
// that ends with the process.
func TestFullDisk(t *testing.T) {
	if os.Getenv(fullDisk) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), fullDisk+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
		out, err := cmd.CombinedOutput()
		switch {
		case strings.Contains(string(out), "mounting is not allowed") || err != nil && len(out) == 0:
			if os.Getenv("ATHAR_REQUIRE_SHARED") == "1" {
				t.Fatalf("mounting is not allowed here: %v", err)
			}
			t.Skip("mounting is not allowed here")
		case err != nil:
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	dir := t.TempDir()
	small := write(t, dir, "small.csv", tableOf(rows(50, 7)))
	large := write(t, dir, "large.csv", tableOf(rows(3000, 8)))
	for kb := 36; ; kb += 4 {
		disk := filepath.Join(dir, fmt.Sprint("disk", kb))
		if err := os.Mkdir(disk, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%dk", kb)); err != nil {
			t.Skip("mounting is not allowed here: ", err)
		}
		t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
		home := filepath.Join(disk, "lake")
		l := open(t, home)
		load(t, l, spec("1", small))
		before := tree(t, home)
		_, err := l.Import(t.Context(), spec("2", large))
		if err == nil {
			if kb == 36 {
				t.Fatal("the smallest disk is large enough: nothing was tested")
			}
			return
		}
		t.Logf("%d kB: %v", kb, err)
		l.Close()
		l = open(t, home)
		if after := tree(t, home); !reflect.DeepEqual(before, after) {
			t.Errorf("%d kB: the lake is not as it was: %v", kb, keys(after))
		}
		if n := len(points(t, l, Filter{})); n != 50 {
			t.Errorf("%d kB: %d events", kb, n)
		}
		l.Close()
	}
}
