"""What an article is to those before it: the same one elsewhere, another version of it, or neither.

- An address that is known, with another text: the next revision of it.
- An address that is known, with a text that it had before: a duplicate of that version, and of its revision.
- A text that is like one at another address: a duplicate of it.

A duplicate names the first of its kind, never another duplicate. Each article is held against those that the archive
had and against those before it in its run, in the order of the source, so that the number of workers is of no account.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outputs.text_index import MOST, Segment, Texts

_IN_MEMORY = 10_000  # texts: larger segments, but a batch's own, lie in files


@dataclass(frozen=True, slots=True)
class Relation:
    """The two columns: the id of the article that this one repeats, and the revision of its address."""

    duplicate_of: str | None
    revision: int | None


class Relations:
    """The texts that a run knows: those of the archive, and its own."""

    def __init__(self, known: Sequence[Segment], folder: Path) -> None:
        self._segments = list(known)
        self._known = len(known)
        self._folder = folder
        self._saved = 0

    def settle(self, texts: Texts) -> list[Relation]:
        """Say what each text is to those before it, and know it from now on. `texts` come in source order."""
        own = Segment.of(texts.copy())
        desk = _Desk([*self._segments, own])
        for place in range(len(own)):
            desk.settle(place)
        self._add(own)
        return [_relation(text) for text in own.texts]

    def _add(self, segment: Segment) -> None:
        """Segments double in size, so that there are few, and none is merged often."""
        while len(self._segments) > self._known and len(self._segments[-1]) <= len(segment):
            earlier = self._segments.pop()
            merged = self._merged(earlier, segment)
            earlier.remove()
            segment.remove()
            segment = merged
        self._segments.append(segment)

    def _merged(self, earlier: Segment, later: Segment) -> Segment:
        if len(earlier) + len(later) <= _IN_MEMORY:
            return earlier + later
        self._saved += 1
        return earlier.merged(later, self._folder, f"texts-{self._saved}")


class _Desk:
    """Some texts that are settled one after the other, and what was found for them in all segments, theirs the last."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._texts = segments[-1].texts
        self._near: dict[int, list[tuple[int, int, int]]] = defaultdict(list)  # least like last; then number, row
        self._versions: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._own_versions: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=MOST))
        for number, segment in enumerate(segments):
            is_own = segment is segments[-1]
            for place, row, equal in zip(*map(_plain, segment.near(self._texts)), strict=True):
                if not is_own or row < place:
                    self._near[place].append((-equal, number, row))
            if not is_own:
                for place, row in zip(*map(_plain, segment.same_url(self._texts)), strict=True):
                    self._versions[place].append((number, row))

    def settle(self, place: int) -> None:
        """Fill in what a text repeats, and which revision it is."""
        text = self._texts[place]
        versions = self._versions_of(place)
        same = next((version for version in versions if version["text"] == text["text"]), None)
        if same is not None:
            self._repeat(place, same)
            self._texts["revision"][place] = same["revision"]
            return
        if text["url"]:
            self._texts["revision"][place] = 1 + max((int(version["revision"]) for version in versions), default=0)
        for _, number, row in sorted(self._near[place]):
            other = self._text(number, row)
            if not text["url"] or text["url"] not in (other["url"], other["root_url"]):
                self._repeat(place, other)
                return

    def _versions_of(self, place: int) -> list[Any]:
        """The texts of the same address so far, in their order."""
        url = int(self._texts["url"][place])
        if not url:
            return []
        own = self._own_versions[url]
        versions = [self._text(*version) for version in sorted(self._versions[place])] + [
            self._texts[earlier] for earlier in own
        ]
        own.append(place)
        return versions

    def _repeat(self, place: int, other: Any) -> None:
        for name in ("root", "root_url"):
            self._texts[name][place] = other[name]

    def _text(self, number: int, row: int) -> Any:
        return self._segments[number].texts[row]


def _plain(numbers: Any) -> list[int]:
    plain: list[int] = numbers.tolist()
    return plain


def _relation(text: Any) -> Relation:
    root = None if text["root"] == text["id"] else text["root"].tobytes().hex()
    return Relation(root, int(text["revision"]) or None)
