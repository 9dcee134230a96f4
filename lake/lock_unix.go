//go:build unix

package lake

import (
	"os"
	"syscall"
)

// lock takes a file for this process until the returned handle is closed or
// the process ends, however it ends. It does not wait: held is true if
// somebody else has it.
func lock(name string) (f *os.File, held bool, err error) {
	f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, false, err
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err == syscall.EWOULDBLOCK, err
	}
	return f, false, nil
}
