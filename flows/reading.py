"""What `stet query`, `stet show`, `stet export` and `stet stats` do: read an archive and print."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.errors import CommandError, usage
from outputs.export import ExportError, export_articles
from outputs.layout import ArchiveError
from outputs.plain import plain, plain_line
from outputs.stats import stats
from outputs.text import article_text
from outputs.values import as_cell, for_json
from outputs.views import QueryError, Views, open_views

SHOWN_ROWS = 200  # of a table; --csv and --json print all
LEAST_CHARS, MOST_CHARS = 8, 80  # of a column
LEAST_ID = 4  # digits of an id that are taken as its beginning


def run_query(sql: str, archive: Path, *, as_csv: bool, as_json: bool) -> None:
    """Run a query and print its rows."""
    if as_csv and as_json:
        raise usage("--csv or --json, not both")
    with opened(archive) as views:
        rows = views.read(sys.stdin.read() if sql == "-" else sql)
        if as_json:
            for row in rows:
                print(json.dumps(row, ensure_ascii=False, default=for_json))
        elif as_csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(rows.names)
            writer.writerows([as_cell(row[name]) for name in rows.names] for row in rows)
        else:
            _print_rows(rows.names, rows)


def show(article_id: str, archive: Path, *, as_json: bool) -> None:
    """Print one article."""
    with opened(archive) as views:
        record = find_article(views, article_id)
    if record is None:
        raise CommandError(f"no article {plain_line(article_id)} in {archive}")
    if as_json:
        print(json.dumps(record, ensure_ascii=False, default=for_json))
    else:
        print(plain(article_text(record)), end="")


def find_article(views: Views, article_id: str) -> dict[str, Any] | None:
    """The newest row of the article whose id begins so; None where there is none. Refuses one that is not unique."""
    if len(article_id) < LEAST_ID:
        raise usage(f"an id of at least {LEAST_ID} digits, please")
    ids = views.rows("SELECT DISTINCT article_id FROM articles WHERE starts_with(article_id, ?) LIMIT 2", [article_id])
    match [row["article_id"] for row in ids]:
        case []:
            return None
        case [whole]:
            query = "SELECT * FROM articles WHERE article_id = ? ORDER BY archived_at DESC, run_id DESC LIMIT 1"
            return next(views.rows(query, [whole]))
        case _:
            raise usage(f"several articles begin with {article_id}: more digits, please")


def export(archive: Path, form: str, to: Path | None, *, where: str | None, every: bool) -> None:
    """Write the articles in another form and say how many."""
    with opened(archive) as views:
        try:
            count = export_articles(views, form, to, where=where, every=every)
        except ExportError as error:
            raise usage(error) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CommandError(f"cannot write {to or 'the export'}: {error.strerror or error}") from error
    if to:
        print(f"{count:,} articles: {to}")


def show_stats(archive: Path, *, top: int, as_json: bool) -> None:
    """Print an archive's figures."""
    with opened(archive) as views:
        figures = stats(views)
    if as_json:
        print(json.dumps(figures, ensure_ascii=False, default=for_json))
        return
    for name, value in figures["totals"].items():
        print(f"{name.replace('_', ' '):<16} {as_cell(value)}")
    for name in ("publishers", "languages", "days", "fields", "labels", "rejects"):
        rows = figures[name]
        shown = rows[:top] if name in ("publishers", "languages", "days") else rows
        print(f"\n{name}" + (f", {len(shown):,} of {len(rows):,}" if len(shown) < len(rows) else ""))
        _print_rows(list(rows[0]) if rows else [], shown)


@contextmanager
def opened(archive: Path) -> Iterator[Views]:
    """The open archive; a mistake in its name or in a query ends in one line."""
    try:
        with open_views(archive) as views:
            yield views
    except (ArchiveError, QueryError) as error:
        raise usage(plain_line(str(error))) from error


def _print_rows(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print a table: as wide as the terminal, else as wide as its cells."""
    some = list(islice(rows, SHOWN_ROWS + 1))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        values = [row[name] for row in some if row[name] is not None]
        is_number = bool(values) and all(isinstance(value, int | float | Decimal) for value in values)
        least = len(name) if is_number else min(len(name), LEAST_CHARS)
        justify: Any = "right" if is_number else "left"
        table.add_column(Text(plain_line(name)), justify=justify, no_wrap=True, min_width=least, max_width=MOST_CHARS)
    for row in some[:SHOWN_ROWS]:
        table.add_row(*(Text(plain_line(as_cell(row[name]))) for name in names))
    is_free = not sys.stdout.isatty()
    Console(highlight=False, width=len(names) * (MOST_CHARS + 1) if is_free else None).print(table)
    if len(some) > SHOWN_ROWS:
        print(f"stet: the first {SHOWN_ROWS} rows; --csv and --json print all", file=sys.stderr)
