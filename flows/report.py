"""The end of a run on standard output: a short table for people, or one JSON object."""

import json
import sys
from collections.abc import Iterator

from flows.summary import Summary
from outputs.report_words import alarm_line


def print_summary(summary: Summary, *, as_json: bool) -> None:
    """Print what a run did."""
    if as_json:
        print(json.dumps(summary.to_record(), ensure_ascii=False))
    elif sys.stdout.isatty():
        _print_table(summary)
    else:
        print("\n".join(_lines(summary)))


def _lines(summary: Summary) -> Iterator[str]:
    rows = list(summary.rows())
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        yield f"{name:<{width}}  {value:>12}"
    yield ""
    yield from _after(summary)


def _print_table(summary: Summary) -> None:
    from rich.console import Console  # noqa: PLC0415  (only where there is a terminal)
    from rich.table import Table  # noqa: PLC0415

    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in summary.rows():
        table.add_row(name, value)
    Console().print(table)
    print("\n".join(_after(summary)))  # plain, so that a long line can be copied as it is


def _after(summary: Summary) -> Iterator[str]:
    for run in summary.recovered:
        yield f"An earlier run was cut short; what it had archived is kept ({run})."
    for rejected in summary.samples:
        detail = f" ({rejected.detail})" if rejected.detail else ""
        yield f"rejected: {rejected.source_name}: {rejected.reason.value}{detail}"
    for alarm in summary.alarms:
        yield f"alarm: {alarm_line(alarm)}"
    if summary.manifest is None:
        yield f"Nothing new; the archive is as it was: {summary.archive}"
    else:
        yield f"{summary.files} files, {summary.bytes_written / 1e6:,.1f} MB: {summary.archive}"
        yield f"Their record: {summary.manifest}"
    if summary.report:
        yield f"The report: {summary.report}"
    if summary.articles.is_dir():
        yield f"Try: {summary.query_line()}"
