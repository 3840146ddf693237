"""What became of the last rewrite of an archive at S3, in one object: which parts count while a day is rewritten.

A store cannot exchange folders. So the new parts come into place one by one, and the old ones go, while the journal
says which of both are to be passed over: first the new ones, and from one put on the old ones. Who lists parts reads
it before and after, and lists again where it has changed meanwhile; so nobody sees a row twice or not at all.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from outputs.s3 import S3Path


class State(StrEnum):
    """How far a rewrite is."""

    BEGUN = "begun"  # the old parts count
    DECIDED = "decided"  # the new ones count, and the rest will be done
    UNDONE = "undone"  # there are none of the new ones


def write(place: S3Path, state: State, manifest: Mapping[str, Any]) -> None:
    """Put what a rewrite has come to. Raises OSError."""
    place.write_text(json.dumps({"state": state.value, "manifest": manifest}), "utf-8")


def read(place: S3Path) -> tuple[State, dict[str, Any]] | None:
    """The state and the manifest of the last rewrite; None where there was none. Raises OSError, ValueError."""
    return _parsed(_content(place))


def settled(place: S3Path, listed: Callable[[], Iterable[Path]], root: Path) -> list[Path]:
    """The parts that count of those that a listing gives. Raises OSError."""
    while True:
        before, parts = _content(place), list(listed())
        if _content(place) == before:
            hidden = {root / path for path in _hidden(before)}
            return [part for part in parts if part not in hidden]


def _hidden(content: bytes | None) -> Iterable[str]:
    found = _parsed(content)
    if found is None:
        return ()
    state, manifest = found
    return [file["path"] for file in manifest["replaces" if state is State.DECIDED else "files"]]


def _parsed(content: bytes | None) -> tuple[State, dict[str, Any]] | None:
    if content is None:
        return None
    record = json.loads(content)
    return State(record["state"]), record["manifest"]


def _content(place: S3Path) -> bytes | None:
    found = place.version()
    return found.content if found else None
