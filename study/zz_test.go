package study
import ("testing";"os";"fmt";"time";"runtime/debug")
func FuzzHang(f *testing.F) {
	f.Add([]byte(readFull(f))); f.Add([]byte(minimal))
	for _, c := range wrong { text, _ := c.document(f); f.Add([]byte(text)) }
	f.Fuzz(func(t *testing.T, b []byte) {
		done:=make(chan int)
		go func(){ select{case <-done: case <-time.After(3*time.Second): os.WriteFile(fmt.Sprintf("/tmp/t/hang%d",os.Getpid()),b,0o644); debug.SetTraceback("all"); os.Exit(3)} }()
		ParseBytes("s.yaml", b); close(done)
	})
}
