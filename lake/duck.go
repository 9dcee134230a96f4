package lake

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"athar"
)

// Memory that DuckDB may take. What does not fit goes to files in the lake's
// folder, which are removed at the end. The limit is not a hard one: a process
// takes a few hundred MB more (make bench measures it).
const (
	importMemory = "512MB"
	queryMemory  = "2GB"
)

// openDuck opens a DuckDB in memory that never fetches an extension.
func openDuck(spill, memory string) (*sql.DB, error) {
	q := url.Values{
		"memory_limit":                 {memory},
		"threads":                      {strconv.Itoa(runtime.GOMAXPROCS(0))},
		"temp_directory":               {spill},
		"autoinstall_known_extensions": {"false"},
		"autoload_known_extensions":    {"false"},
		// Every query that promises an order has an ORDER BY.
		"preserve_insertion_order": {"false"},
	}
	c, err := duckdb.NewConnector("?"+q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// appendTo fills a table of the connection by the rows that fill hands to add.
func appendTo(conn *sql.Conn, catalog, table string, fill func(add func(...driver.Value) error) error) error {
	return conn.Raw(func(c any) error {
		a, err := duckdb.NewAppender(c.(driver.Conn), catalog, "main", table)
		if err != nil {
			return err
		}
		if err := fill(a.AppendRow); err != nil {
			a.Close()
			return err
		}
		return a.Close()
	})
}

// quote writes a string as an SQL literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func quoteAll[S ~string](list []S) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = quote(string(s))
	}
	return strings.Join(parts, ", ")
}

// date writes a day as an SQL literal.
func date(d athar.Day) string { return "DATE " + quote(d.String()) }

// parquet is the table function that reads files.
func parquet(files []string, options string) string {
	return "read_parquet([" + quoteAll(files) + "]" + options + ")"
}

// collect runs a query and scans every row by one function.
func collect[T any](ctx context.Context, conn *sql.Conn, query string, scan func(row func(...any) error) (T, error)) ([]T, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, failed(ctx, err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, failed(ctx, rows.Err())
}

// failed prefers the reason for an interruption to DuckDB's words for it.
func failed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if c := ctx.Err(); c != nil {
		return c
	}
	if strings.Contains(err.Error(), "No space left on device") {
		return fmt.Errorf("the disk is full: %w", err)
	}
	return err
}

// natural compares versions as people read them: runs of digits as numbers.
func natural(a, b string) int {
	digits := func(s string) int {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		return n
	}
	for a != "" && b != "" {
		i, j := digits(a), digits(b)
		if i == 0 || j == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, y := strings.TrimLeft(a[:i], "0"), strings.TrimLeft(b[:j], "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
			return c
		}
		a, b = a[i:], b[j:]
	}
	return cmp.Compare(len(a), len(b))
}
