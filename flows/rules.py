"""Publisher rules for a command: a folder of them that is wrong is the user's mistake."""

from pathlib import Path

from flows.errors import usage
from tasks.publishers import Publishers, checked_publishers
from tasks.rulefile import RuleError


def publishers_of(folder: Path | None) -> Publishers:
    """The rules of a folder of the user's, every file checked, over those that come with the program."""
    try:
        return checked_publishers(folder)
    except RuleError as error:
        raise usage(error) from error
