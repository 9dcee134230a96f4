//go:build linux

// Command bench measures the lake on generated files: importing beside
// DuckDB's own CSV reader on the same file in the same run, and panels from
// millions of events. Every measurement is a process of its own, so that its
// peak memory is its own; everything generated is removed at the end.
package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"athar"
	"athar/lake"
	"athar/source"
)

// A measurement is one thing that is measured in a process of its own.
type measurement struct {
	name, what string
	run        func(ctx context.Context, dir string) (string, error)
	limitMB    int64 // of memory; 0: none
}

var all = []measurement{
	{"import", "import of an ACLED-like file of 1 GB", importACLED, 1000},
	{"duckdb", "the same file by DuckDB's CSV reader into a table", duckCSV, 0},
	{"panel10", "panel by district and week from 10 million events", panelOf(10_000_000), 0},
	{"panel100", "panel by district and week from 100 million events", panelOf(100_000_000), 4000},
	{"gdelt", "import of a GDELT-like file of 5 million rows", importGDELT, 2000},
}

func main() {
	only := flag.String("only", "import,duckdb,panel10,panel100,gdelt", "what to measure")
	child := flag.String("child", "", "for internal use: measure one thing in this folder")
	size := flag.Int64("mb", 1000, "size of the ACLED-like file in MB")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *only, *child, *size); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only, child string, mb int64) error {
	if child != "" {
		m := all[slices.IndexFunc(all, func(m measurement) bool { return m.name == only })]
		says, err := m.run(ctx, child)
		fmt.Println(says)
		return err
	}
	dir, err := os.MkdirTemp("", "athar-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, m := range all {
		if !slices.Contains(strings.Split(only, ","), m.name) {
			continue
		}
		if err := prepare(ctx, dir, m.name, mb); err != nil {
			return err
		}
		if err := measure(ctx, dir, m); err != nil {
			return err
		}
	}
	return nil
}

// measure runs one measurement as a child and reads what it took.
func measure(ctx context.Context, dir string, m measurement) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-only", m.name, "-child", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", m.what, err)
	}
	mem := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss / 1024
	cpu := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	note := ""
	if m.limitMB > 0 && mem > m.limitMB {
		note = fmt.Sprintf(", above the %d MB allowed", m.limitMB)
	}
	fmt.Printf("%s: %s; %.1f s of processor, peak memory %d MB%s\n", m.what, strings.TrimSpace(string(out)), cpu, mem, note)
	return nil
}

func prepare(ctx context.Context, dir, name string, mb int64) error {
	switch name {
	case "import", "duckdb":
		file := filepath.Join(dir, "acled.csv")
		if _, err := os.Stat(file); err == nil {
			return nil
		}
		return write(file, func(w io.Writer) error { return acled(w, mb*1_000_000) })
	case "panel10":
		return generate(ctx, filepath.Join(dir, "lake10"), 10_000_000)
	case "panel100":
		return generate(ctx, filepath.Join(dir, "lake100"), 100_000_000)
	case "gdelt":
		return write(filepath.Join(dir, "20240101.export.CSV"), gdelt)
	}
	return nil
}

func write(file string, fill func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

const header = "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,actor2,assoc_actor_2,inter2," +
	"interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp\n"

// acled writes rows of the layout of ACLED with invented content; the notes
// hold commas, doubled quotes and line breaks.
func acled(w io.Writer, bytes int64) error {
	r := rand.New(rand.NewPCG(1, 1))
	words := strings.Fields("forces reported clash village \"\"market\"\" district, convoy patrol road between unidentified armed men and police; two wounded.\nNo further details, according to local media. checkpoint north of the town")
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	n, err := io.WriteString(w, header)
	written := int64(n)
	var b []byte
	for i := 0; written < bytes && err == nil; i++ {
		day := athar.Date(2010, 1, 1) + athar.Day(r.IntN(5000))
		b = fmt.Appendf(b[:0], "SYR%d,%s,%s,%d,Political violence,%s,%s,,%d,%s,\"%s\",%d,%d,,760,Middle East,%s,Province %d,District %d,Sub %d,Place %d,%.4f,%.4f,%d,\"Source %d; Agency, local\",National,\"",
			i, day, day.String()[:4], 1+r.IntN(3), pick("Battles,Armed clash", "Explosions/Remote violence,Remote explosive/landmine/IED", "Violence against civilians,Attack", "Strategic developments,Arrests"),
			pick("Islamic State (Syria)", "Military Forces of Syria (2000-)", "Unidentified Armed Group (Syria)"), 1+r.IntN(8), pick("Civilians (Syria)", "Syrian Democratic Forces", ""),
			pick("Government, allied", "Farmers (Syria)", ""), 1+r.IntN(8), 10+r.IntN(60), pick("Syria", "Iraq"), r.IntN(14), r.IntN(160), r.IntN(500), r.IntN(20000),
			32+float64(r.IntN(20000))/4000, 36+float64(r.IntN(20000))/4000, 1+r.IntN(3), r.IntN(300))
		for k := 30 + r.IntN(50); k > 0; k-- {
			b = append(append(b, words[r.IntN(len(words))]...), ' ')
		}
		b = fmt.Appendf(b, "\",%d,,%d\n", r.IntN(5), 1600000000+i)
		n, err = w.Write(b)
		written += int64(n)
	}
	return err
}

// gdelt writes 5 million rows of 58 tab-separated columns without a header,
// as GDELT 1.0 since April 2013.
func gdelt(w io.Writer) error {
	r := rand.New(rand.NewPCG(2, 2))
	var b []byte
	for i := range 5_000_000 {
		day := (athar.Date(2013, 4, 1) + athar.Day(r.IntN(3000))).Time()
		b = fmt.Appendf(b[:0], "%d\t%s\t%s\t%d\t%.4f\tSYRGOV\tSYRIA\tSYR\t\t\t\t\tGOV\t\t\tSYRREB\tREBEL\tSYR\t\t\t\t\tREB\t\t\t1\t19%d\t19%d\t19\t4\t-10.0\t%d\t1\t%d\t%.4f\t4\tHama, Syria\tSY\tSY0%d\t%.4f\t%.4f\t-1%d\t4\tHama, Syria\tSY\tSY0%d\t35.1\t36.7\t-1\t4\tHama, Syria\tSY\tSY0%d\t%.4f\t%.4f\t-1%d\t%s\thttp://example.org/%d\n",
			i+1, day.Format("20060102"), day.Format("200601"), day.Year(), float64(day.Year())+.5, r.IntN(5), r.IntN(5), 1+r.IntN(20), 1+r.IntN(20), -r.Float64()*10,
			r.IntN(9), 32+float64(r.IntN(2000))/400, 36+float64(r.IntN(2000))/400, r.IntN(9999), r.IntN(9), r.IntN(9),
			32+float64(r.IntN(2000))/400, 36+float64(r.IntN(2000))/400, r.IntN(9999), day.Format("20060102"), i)
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func importACLED(ctx context.Context, dir string) (string, error) {
	s := source.Spec{Format: "acled"}
	if !slices.Contains(source.Formats, s.Format) {
		s.Format = "table"
		s.Columns = map[string]string{"class": "sub_event_type", "side_a": "actor1", "side_b": "actor2"}
	}
	return imported(ctx, dir, "acled.csv", s)
}

func importGDELT(ctx context.Context, dir string) (string, error) {
	for _, format := range []string{"gdelt", "gdelt1"} {
		if slices.Contains(source.Formats, format) {
			return imported(ctx, dir, "20240101.export.CSV", source.Spec{Format: format})
		}
	}
	return "this version reads no GDELT", nil
}

func imported(ctx context.Context, dir, name string, s source.Spec) (string, error) {
	l, err := lake.Open(filepath.Join(dir, "lake-"+name))
	if err != nil {
		return "", err
	}
	defer l.Close()
	s.File, s.Label = filepath.Join(dir, name), name
	start := time.Now()
	v, err := l.Import(ctx, lake.ImportSpec{Dataset: "made", Version: "1", Source: s})
	if err != nil {
		return "", err
	}
	f := v.Files[0]
	return speed(start, f.Bytes) + fmt.Sprintf(", %d rows, %d events as %s", f.Rows, f.Events, s.Format), nil
}

func speed(start time.Time, bytes int64) string {
	sec := time.Since(start).Seconds()
	return fmt.Sprintf("%.1f s, %.0f MB/s", sec, float64(bytes)/1e6/sec)
}

func duckCSV(ctx context.Context, dir string) (string, error) {
	file := filepath.Join(dir, "acled.csv")
	st, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	db, err := sql.Open("duckdb", filepath.Join(dir, "reference.duckdb"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	start := time.Now()
	if _, err := db.ExecContext(ctx, "CREATE TABLE t AS SELECT * FROM read_csv('"+file+"')"); err != nil {
		return "", err
	}
	says := speed(start, st.Size())
	var rows int
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM t").Scan(&rows)
	return fmt.Sprintf("%s, %d rows", says, rows), err
}

// generate writes n invented events straight into a lake's folder.
func generate(ctx context.Context, dir string, n int) error {
	part := filepath.Join(dir, "made", "1-00000000")
	if err := os.MkdirAll(part, 0o755); err != nil {
		return err
	}
	db, err := sql.Open("duckdb", "?memory_limit=2GB&preserve_insertion_order=false")
	if err != nil {
		return err
	}
	defer db.Close()
	// Days rise with the row, as in an imported file; 50,000 places.
	_, err = db.ExecContext(ctx, fmt.Sprintf(`COPY (SELECT 'made' AS dataset, CAST(i AS VARCHAR) AS id, DATE '2000-01-01' + CAST(i * 9000 // %[1]d AS INTEGER) AS first, first AS last,
			36 + (hash(i) %% 250) / 25.0 AS lon, 30 + (hash(i + 1) %% 200) / 25.0 AS lat, true AS has_point, CAST(1 + hash(i) %% 3 AS TINYINT) AS place_precision,
			CASE WHEN lon < 41 THEN 'Syria' ELSE 'Iraq' END AS country, '' AS area_code,
			'Group ' || (hash(i) %% 40) AS side_a, 'Forces ' || (hash(i + 2) %% 20) AS side_b, '' AS side_a_id, '' AS side_b_id, 'attack' AS class, 'attack' AS kind,
			CAST(0 AS INTEGER) AS deaths_low, CAST(hash(i) %% 4 AS INTEGER) AS deaths_best, CAST(hash(i) %% 5 AS INTEGER) AS deaths_high, CAST(i AS INTEGER) AS line
		FROM range(%[1]d) t(i)) TO '%[2]s' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`, n, filepath.Join(part, "events.parquet")))
	if err != nil {
		return err
	}
	b, err := json.Marshal(lake.File{Schema: "athar-lake/1", Dataset: "made", Version: "1", Rows: n, Kept: n, Events: n})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(part, "manifest.json"), b, 0o644)
}

// panelOf counts by 160 districts and 1,286 weeks, once cold and five times warm.
func panelOf(n int) func(context.Context, string) (string, error) {
	return func(ctx context.Context, dir string) (string, error) {
		l, err := lake.Open(filepath.Join(dir, fmt.Sprintf("lake%d", n/1_000_000)))
		if err != nil {
			return "", err
		}
		defer l.Close()
		q := lake.PanelQuery{Unit: lake.Week, Locate: func(lon, lat float64) (string, bool) {
			return fmt.Sprintf("D%d-%d", int(1.6*(lon-36)), int(1.25*(lat-30))), true
		}}
		var took [6]float64
		var r *lake.PanelResult
		for i := range took {
			start := time.Now()
			if r, err = l.Panel(ctx, q); err != nil {
				return "", err
			}
			took[i] = time.Since(start).Seconds()
		}
		slices.Sort(took[1:])
		return fmt.Sprintf("%.2f s cold, then %.2f s (median of five, fastest %.2f s); %d cells, %d events, %d points",
			took[0], took[3], took[1], len(r.Cells), r.Events, r.Points), nil
	}
}
