package lake

import (
	"os"
	"syscall"
)

// errorSharingViolation is the system's answer for a file that another handle
// keeps for itself.
const errorSharingViolation = syscall.Errno(32)

// lock takes a file for this process until the returned handle is closed or
// the process ends, however it ends. It does not wait: held is true if
// somebody else has it.
func lock(name string) (f *os.File, held bool, err error) {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, false, err
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, err == errorSharingViolation, err
	}
	return os.NewFile(uintptr(h), name), false, nil
}
