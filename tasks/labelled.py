"""Pages with known articles: a folder of `truth.jsonl` (one page a line: id, url, body, …) and `pages/<id>.html.gz`.

Endings: `.html` and `.txt`, plain or `.gz`. Only pages with a `body` are read. `neither` may list lines that are
neither right nor wrong in it, of which nothing is learned. A page's group is its registered domain: what is split for
learning and scoring is split by it, so that no publisher stands on both sides.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from config.limits import Limits
from tasks.addresses import registered_domain
from tasks.folding import squeeze
from tasks.page import RawPage, Rejected
from tasks.read import PageRef, read_page

ENDINGS = (".html.gz", ".txt.gz", ".html", ".txt")
CODE_BYTES = 4  # of the hash that stands for a text


class LabelledError(ValueError):
    """A folder of labelled pages that cannot be used; one line that says what and where."""


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A raw page and what is known of its article: `truth` as the line of `truth.jsonl` has it."""

    suite: str
    raw: RawPage = field(repr=False)
    truth: dict[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """The page's id within its suite."""
        return str(self.truth["id"])

    @property
    def group(self) -> str:
        """The publisher: registered domain of the page's URL, else the page's id."""
        url = self.truth.get("url")
        return (registered_domain(url) if url else None) or self.id


def read_labelled(folders: Sequence[Path]) -> Iterator[LabelledPage]:
    """The labelled pages of the folders, in the order of their truth files. Raises `LabelledError`."""
    for folder in folders:
        lines = folder / "truth.jsonl"
        if not lines.is_file():
            raise LabelledError(f"{folder}: no truth.jsonl in it")
        for number, line in enumerate(_lines(lines), 1):
            truth = _truth(line, f"{lines}:{number}")
            if truth.get("body"):
                yield LabelledPage(folder.name, _raw(folder, truth), truth)


def _lines(path: Path) -> list[str]:
    """The file's lines; `str.splitlines` would cut at a U+2028 inside a text, too."""
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelledError(f"{path}: {error}") from error


def _truth(line: str, where: str) -> dict[str, Any]:
    try:
        truth = json.loads(line)
    except json.JSONDecodeError as error:
        raise LabelledError(f"{where}: not JSON: {error.msg}") from error
    if not isinstance(truth, dict) or not isinstance(truth.get("id"), str):
        raise LabelledError(f"{where}: no object with an id")
    return truth


@cache
def page_urls(folder: Path) -> Mapping[str, str | None]:
    """The URL of each page of a folder, by its id, with or without a known body. Raises `LabelledError`."""
    lines = folder / "truth.jsonl"
    truths = (_truth(line, f"{lines}:{number}") for number, line in enumerate(_lines(lines), 1))
    return {truth["id"]: truth.get("url") for truth in truths}


def code_of(text: str, sha256: str) -> str:
    """A text's letters and digits as a hash, keyed by the SHA-256 of its page.

    Labels that name blocks so can be published: who has the page can check them, who has not can read nothing.
    """
    return hashlib.blake2b(squeeze(text).encode(), digest_size=CODE_BYTES, key=bytes.fromhex(sha256)).hexdigest()


def page_path(folder: Path, page_id: str) -> Path:
    """The file of a page of a labelled folder. Raises `LabelledError`."""
    path = next((p for ending in ENDINGS if (p := folder / "pages" / f"{page_id}{ending}").is_file()), None)
    if path is None:
        raise LabelledError(f"{folder / 'pages'}: no page {page_id}")
    return path


def _raw(folder: Path, truth: dict[str, Any]) -> RawPage:
    path = page_path(folder, truth["id"])
    raw = read_page(PageRef(path, path.name), Limits())
    if isinstance(raw, Rejected):
        raise LabelledError(f"{path}: {raw.reason}")
    return raw
