"""Labels that a person corrected in the inspector, and the folder of labelled pages that they are added to.

The inspector saves one JSON file a page; `tasks/labelled.py` says what a folder of labelled pages is.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.limits import Limits
from outputs.replacing import replacing
from outputs.rows import article_id
from tasks.decode import decode
from tasks.page import KEPT, Kind, Label, RawPage, Rejected
from tasks.read import SourceError, find_pages, read_page

FORM = "labels 1"  # what a file of labels says of itself
MOST_BYTES = 64_000_000


class LabelsError(ValueError):
    """Labels that cannot be used; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Labels:
    """A page's corrected labels. `source` is where its raw page was, as the inspector knew it."""

    id: str
    sha256: str
    name: str
    url: str | None
    source: str | None
    blocks: tuple[tuple[Label, str], ...] = field(repr=False)

    def truth(self) -> dict[str, Any]:
        """The page's line of `truth.jsonl`."""
        title = next((text for label, text in self.blocks if label is Label.TITLE), None)
        return {
            "id": self.id,
            "url": self.url,
            "body": "\n\n".join(text for label, text in self.blocks if label in KEPT),
            **({"title": title} if title else {}),
            "captions": [text for label, text in self.blocks if label is Label.CAPTION],
            "credits": [text for label, text in self.blocks if label is Label.CREDIT],
            "labels": [[label.value, text] for label, text in self.blocks],
        }


def read_labels(path: Path) -> Labels:
    """A file that the inspector saved. Raises LabelsError."""
    try:
        with path.open("rb") as file:
            record = json.loads(file.read(MOST_BYTES))
    except OSError as error:
        raise LabelsError(f"{path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise LabelsError(f"{path}: no labels that the inspector saved: {error}") from error
    try:
        return _labels(record)
    except (KeyError, TypeError, ValueError) as error:
        raise LabelsError(f"{path}: no labels to use: {type(error).__name__}: {error}") from error


def _labels(record: Any) -> Labels:
    """Raises KeyError, TypeError and ValueError for what is no such record, or has nothing to teach."""
    if record["stet"] != FORM:
        raise ValueError(f"another form: {record['stet']!r}")
    sha256 = bytes.fromhex(record["source_sha256"]).hex()
    blocks = tuple((Label(block["label"]), _text(block["text"])) for block in record["blocks"])
    url, source = (_text(record[name]) if record.get(name) else None for name in ("url", "source"))
    if not any(label in KEPT for label, _ in blocks):
        raise ValueError("no block stands, and a page without a body teaches nothing")
    return Labels(article_id(sha256), sha256, _text(record["name"]), url, source, blocks)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r:.40}")
    return value.encode("utf-8", "replace").decode()  # an escape in JSON can be half of a surrogate pair


def find_raw(sources: Sequence[str | Path], name: str, sha256: str, limits: Limits) -> tuple[RawPage, Path] | None:
    """The raw page with these bytes, and the file that holds it: looked for under its name in files and folders."""
    for file in dict.fromkeys(path for source in sources for path in _candidates(str(source), name)):
        with suppress(SourceError):
            for ref in find_pages([file]):
                if "#" in name and not ref.source_name.endswith(name[name.index("#") :]):
                    continue
                raw = read_page(ref, limits)
                if isinstance(raw, RawPage) and hashlib.sha256(raw.content).hexdigest() == sha256:
                    return raw, file
    return None


def _candidates(source: str, name: str) -> Iterator[Path]:
    """The file itself, or what a folder holds under the page's name, and never anything outside of it."""
    root, inside = Path(source), name.partition("#")[0]
    if root.is_file():
        yield root
        return
    for part in (inside, inside.partition("/")[2]):  # a name that two sources have begins with its source's
        path = root / part
        if part and path.is_file() and path.resolve().is_relative_to(root.resolve()):
            yield path


def add_labelled(folder: Path, labels: Labels, raw: RawPage) -> None:
    """Add a page to a folder of labelled pages, or replace its labels there. Raises LabelsError, OSError."""
    if hashlib.sha256(raw.content).hexdigest() != labels.sha256:
        raise LabelsError(f"{labels.name}: not the page that was labelled")
    source = decode(raw, Limits())
    if isinstance(source, Rejected):
        raise LabelsError(f"{labels.name}: {source.reason.value}")
    ending = "html" if source.kind is Kind.HTML else "txt"
    (folder / "pages").mkdir(parents=True, exist_ok=True)
    with replacing(folder / "pages" / f"{labels.id}.{ending}.gz") as file:
        file.write(gzip.compress(raw.content, mtime=0))
    lines = _with_line(folder / "truth.jsonl", labels.truth())
    with replacing(folder / "truth.jsonl") as file:
        file.write(lines.encode())


def _with_line(path: Path, truth: Mapping[str, Any]) -> str:
    """The file's lines without the page's own, and its new one."""
    try:
        lines = path.read_text("utf-8").removesuffix("\n").split("\n") if path.exists() else []
        others = [line for line in lines if line and json.loads(line).get("id") != truth["id"]]
    except (ValueError, AttributeError) as error:
        raise LabelsError(f"{path}: not a file of labelled pages: {error}") from error
    return "\n".join([*others, json.dumps(truth, ensure_ascii=False)]) + "\n"
