"""The command that tests a publisher's rules: check-rules."""

from pathlib import Path
from typing import Annotated

import typer


def check_rules(
    rules: Annotated[Path, typer.Argument(metavar="RULES_FILE", help="A rule file, named after its domain.")],
    pages: Annotated[list[str], typer.Argument(metavar="PAGE...", help="Saved pages of that publisher.")],
    *,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where the pages were fetched from.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all as one JSON object.")] = False,
) -> int:
    """Test a publisher's rules on saved pages, and show what they change: blocks, fields, and what each entry names.

    Ends with exit code 2 for a file that is wrong, and with 1 where an entry names nothing on any page.
    """
    from flows.checking_rules import check_rules as run_check  # noqa: PLC0415

    return run_check(rules, pages, url=url, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="check-rules", epilog="Example: stet check-rules example.org.toml story.html")(check_rules)
