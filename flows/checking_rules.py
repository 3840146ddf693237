"""`stet check-rules`: cleans pages without and with a publisher's rules, and shows what differs."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from difflib import SequenceMatcher
from itertools import chain
from pathlib import Path
from typing import Any

from config.limits import Limits
from flows.clean_command import page_refs
from flows.errors import Exit, usage
from tasks.blocks import cut
from tasks.clean import clean_page
from tasks.decode import decode
from tasks.page import Article, LabelledBlock, Metadata, RawPage, Rejected
from tasks.publisher_file import Entry
from tasks.publishers import NO_PUBLISHERS, OnePublisher
from tasks.read import read_page
from tasks.rulefile import RuleError

_LIMITS = Limits()
_SHOWN = 56  # characters of a block or value
_NAMES = [field.name for field in fields(Metadata)]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the record, without and with the rules."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class BlockChange:
    """Neighbouring blocks whose label changed, or that an entry cut out of others."""

    before: tuple[LabelledBlock, ...]
    after: tuple[LabelledBlock, ...]


@dataclass(frozen=True, slots=True)
class PageChange:
    """What the rules change on a page; `note` says what else the user should know of it."""

    page: str
    fields: tuple[FieldChange, ...] = ()
    blocks: tuple[BlockChange, ...] = ()
    note: str | None = None


class _Tally:
    """How many blocks of how many pages each entry names, and which entries hold for any of them."""

    def __init__(self) -> None:
        self.blocks: Counter[str] = Counter()
        self.pages: Counter[str] = Counter()
        self.in_force: set[str] = set()

    def says(self, entry: Entry) -> str:
        """What became of an entry, for people."""
        if entry.id not in self.in_force:
            return "not in force on these pages"
        blocks, pages = self.blocks[entry.id], self.pages[entry.id]
        return f"{_count(blocks, 'block')} on {_count(pages, 'page')}" if blocks else "names nothing"

    def is_idle(self, entry: Entry) -> bool:
        """Whether the entry holds for a page and names nothing on any."""
        return entry.id in self.in_force and not self.blocks[entry.id]


def check_rules(rules: Path, pages: Sequence[str], *, url: str | None, as_json: bool) -> Exit:
    """Print what the rules change. FAILED where an entry names nothing on any page."""
    publisher = _publisher(rules)
    refs = [page_refs(page) for page in pages]
    tally = _Tally()
    changes = (_change(read_page(ref, _LIMITS), url, publisher, tally) for ref in chain.from_iterable(refs))
    if as_json:
        shown = list(changes)
        print(json.dumps(_record(publisher, shown, tally), ensure_ascii=False, default=str))
    else:
        for change in changes:
            print("\n".join(_lines(change)), end="\n\n")
        print("\n".join(_entry_lines(publisher, tally)))
    return Exit.FAILED if any(tally.is_idle(entry) for entry in _entries(publisher)) else Exit.WELL


def _publisher(rules: Path) -> OnePublisher:
    try:
        return OnePublisher(rules.name, rules.read_bytes())
    except OSError as error:
        raise usage(f"{rules}: {(error.strerror or str(error)).lower()}") from error
    except RuleError as error:
        raise usage(error) from error


def _entries(publisher: OnePublisher) -> list[Entry]:
    return [entry for period in publisher.periods for entry in period.entries]


def _change(raw: RawPage | Rejected, url: str | None, publisher: OnePublisher, tally: _Tally) -> PageChange:
    if isinstance(raw, Rejected):
        return PageChange(raw.source_name, note=_rejection(raw))
    raw = replace(raw, url=url) if url else raw
    note = _try(raw, publisher, tally)
    before = clean_page(raw, publishers=NO_PUBLISHERS)
    after = clean_page(raw, publishers=publisher)
    if isinstance(after, Rejected):
        return PageChange(raw.source_name, note=f"with these rules {_rejection(after)}")
    if isinstance(before, Rejected):
        note, before = f"without these rules {_rejection(before)}", Article(raw.source_name, "", Metadata(), (), 0.0)
    return PageChange(raw.source_name, tuple(_fields(before, after)), tuple(_blocks(before, after)), note)


def _try(raw: RawPage, publisher: OnePublisher, tally: _Tally) -> str | None:
    """Count what each entry names. Returns what keeps a run from using these rules for the page."""
    source = decode(raw, _LIMITS)
    page = source if isinstance(source, Rejected) else cut(source, publisher)
    if isinstance(source, Rejected) or isinstance(page, Rejected):
        return None
    tally.in_force |= {entry.id for period in publisher.of(source, page.declared) for entry in period.entries}
    tally.blocks.update(page.ruled.hits)
    tally.pages.update(page.ruled.hits.keys())
    address = source.url or page.declared.url
    if publisher.is_of(address):
        return None
    where = f"its address is {address}" if address else "it names no address: try --url"
    return f"a run would not read this page by these rules: {where}"


def _fields(before: Article, after: Article) -> Iterator[FieldChange]:
    one, other = asdict(before.metadata), asdict(after.metadata)
    return (FieldChange(name, one[name], other[name]) for name in _NAMES if one[name] != other[name])


def _blocks(before: Article, after: Article) -> Iterator[BlockChange]:
    one, other = ([(block.label, block.text) for block in article.blocks] for article in (before, after))
    for tag, start, end, other_start, other_end in SequenceMatcher(None, one, other).get_opcodes():
        if tag != "equal":
            yield BlockChange(before.blocks[start:end], after.blocks[other_start:other_end])


def _rejection(rejected: Rejected) -> str:
    return f"it is rejected: {rejected.reason.value}" + (f" ({rejected.detail})" if rejected.detail else "")


def _lines(change: PageChange) -> Iterator[str]:
    is_same = not change.fields and not change.blocks
    yield f"{change.page}: nothing changes" if is_same and not change.note else change.page
    if change.note:
        yield f"  note: {change.note}"
    for field in change.fields:
        yield f"  - {field.name:<14}  {_plain(field.before)}"
        yield f"  + {field.name:<14}  {_plain(field.after)}"
    for blocks in change.blocks:
        yield from (f"  - {block.label:<14}  {_clip(block.text)}" for block in blocks.before)
        yield from (f"  + {block.label:<14}  {_clip(block.text)}  [{block.reason}]" for block in blocks.after)


def _entry_lines(publisher: OnePublisher, tally: _Tally) -> Iterator[str]:
    entries = _entries(publisher)
    width, said = (
        max(map(len, texts), default=0) for texts in ([entry.id for entry in entries], map(tally.says, entries))
    )
    for entry in entries:
        yield f"{entry.id:<{width}}  {tally.says(entry):<{said}}  {_clip(entry.text)}"


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return _clip(", ".join(map(_plain, value))) or "none"
    return "none" if value is None else _clip(str(value))


def _clip(text: str) -> str:
    line = "".join(char if char.isprintable() else " " for char in text)
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _record(publisher: OnePublisher, changes: Sequence[PageChange], tally: _Tally) -> dict[str, Any]:
    rules = [
        {
            "id": entry.id,
            "text": entry.text,
            "in_force": entry.id in tally.in_force,
            "blocks": tally.blocks[entry.id],
            "pages": tally.pages[entry.id],
        }
        for entry in _entries(publisher)
    ]
    return {"domain": publisher.domain, "rules": rules, "pages": [asdict(change) for change in changes]}
