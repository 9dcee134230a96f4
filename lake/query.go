package lake

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"athar"
)

// Table is the answer to a query in SQL, as text. NULL is "".
type Table struct {
	Columns []string
	Rows    [][]string
	More    bool // the answer had more than MaxRows rows
	// Restricted names the datasets in the lake whose rows may not be passed
	// on: what a query prints of them is for the user's own eyes.
	Restricted []string
}

// MaxRows is the number of rows that [Lake.Query] returns at most. It answers
// questions and is no way of exporting.
const MaxRows = 10_000

// Query answers one SELECT over two views: events holds the newest version of
// every dataset, events_all all versions with the columns version, retrieved
// and source. Nothing else can be read or written: the engine sees the lake's
// own files and no others, and its settings are locked.
func (l *Lake) Query(ctx context.Context, query string) (*Table, error) {
	current, err := l.pick(nil)
	if err != nil {
		return nil, err
	}
	all, err := l.files()
	if err != nil {
		return nil, err
	}
	work, err := l.scratch()
	if err != nil {
		return nil, err
	}
	defer work.discard()
	db, err := openDuck(work.path("spill"), queryMemory)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := fence(ctx, conn, work, all, current); err != nil {
		return nil, err
	}
	if err := onlySelect(conn, query); err != nil {
		return nil, err
	}
	t, err := answer(ctx, conn, query)
	if err != nil {
		return nil, failed(ctx, err)
	}
	for _, f := range all {
		if n := len(t.Restricted); f.Restricted && (n == 0 || t.Restricted[n-1] != f.Dataset) {
			t.Restricted = append(t.Restricted, f.Dataset)
		}
	}
	return t, nil
}

// fence makes the views and shuts everything else out.
func fence(ctx context.Context, conn *sql.Conn, work *part, all, current []stored) error {
	if _, err := conn.ExecContext(ctx, "CREATE TABLE files (path VARCHAR, version VARCHAR, retrieved DATE, source VARCHAR)"); err != nil {
		return err
	}
	err := appendTo(conn, "", "files", func(add func(...driver.Value) error) error {
		for _, f := range all {
			if err := add(f.events(), f.File.Version, f.Retrieved.Time(), f.Source); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	spill, err := filepath.Abs(work.path("spill"))
	if err != nil {
		return err
	}
	for _, q := range []string{
		"CREATE VIEW events AS SELECT * FROM " + parquet(paths(current), ""),
		`CREATE VIEW events_all AS SELECT e.* EXCLUDE (filename), f.version, f.retrieved, f.source
			FROM ` + parquet(paths(all), ", filename = true") + " e JOIN files f ON f.path = e.filename",
		"SET allowed_paths = [" + quoteAll(paths(all)) + "]",
		"SET allowed_directories = [" + quote(spill) + "]",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// onlySelect refuses everything that is not one SELECT: the driver prepares
// one statement and no more.
func onlySelect(conn *sql.Conn, query string) error {
	return conn.Raw(func(c any) error {
		stmt, err := c.(*duckdb.Conn).Prepare(query)
		if err != nil {
			return err
		}
		defer stmt.Close()
		if kind, err := stmt.(*duckdb.Stmt).StatementType(); err != nil || kind != duckdb.STATEMENT_TYPE_SELECT {
			return errors.Join(err, errors.New("only a SELECT is answered; nothing but an import changes the lake"))
		}
		return nil
	})
}

func answer(ctx context.Context, conn *sql.Conn, query string) (*Table, error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	t := &Table{}
	if t.Columns, err = rows.Columns(); err != nil {
		return nil, err
	}
	values := make([]any, len(t.Columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if len(t.Rows) == MaxRows {
			t.More = true
			break
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = text(v)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, rows.Err()
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.DateTime)
	case float64:
		return athar.Num(v).String()
	case []byte:
		return string(v)
	}
	return strings.TrimSpace(fmt.Sprint(v))
}
