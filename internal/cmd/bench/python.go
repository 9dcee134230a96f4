//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// pythonModule installs a package of PyPI once, into a folder of its own in the
// user's cache, and returns the Python that has it; "" if that cannot be had.
func pythonModule(module, name, dir string) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = dir
	}
	venv := filepath.Join(cache, "athar-bench")
	py := filepath.Join(venv, "bin", "python")
	if exec.Command(py, "-c", "import "+module).Run() == nil {
		return py
	}
	fmt.Println("  installing", name, "into", venv)
	if exec.Command("python3", "-m", "venv", venv).Run() != nil || exec.Command(py, "-m", "pip", "install", "-q", name).Run() != nil {
		fmt.Println(" ", name, "could not be installed")
		return ""
	}
	return py
}

// runPython has a script read the data and decodes what it prints as JSON. It
// runs on one thread, as ours does.
func runPython(py, dir, name, script, data string, to any, args ...string) error {
	in, code := filepath.Join(dir, name+".data"), filepath.Join(dir, name+".py")
	for file, text := range map[string]string{in: data, code: script} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}
	cmd := exec.Command(py, append([]string{code, in}, args...)...)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "RAYON_NUM_THREADS=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("the reference of %s failed: %w", name, err)
	}
	return json.Unmarshal(out, to)
}
