"""`stet clean`: cleans pages without flow or archive and prints what comes out."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from config.limits import Limits
from flows.errors import Exit, usage
from flows.rules import publishers_of
from tasks.clean import clean_page
from tasks.formats import Format, format_of
from tasks.page import Article, RawPage, Rejected
from tasks.read import PageRef, SourceError, find_pages, read_page
from tasks.storage import as_place

_STANDARD_INPUT = Path("/dev/stdin")


def clean(pages: Sequence[str], limits: Limits, publishers: Path | None = None, *, as_json: bool) -> Exit:
    """Clean each page and print its text, or its whole record. Returns FAILED where a page is rejected.

    A file that holds many pages, as a WARC, gives them one by one.
    """
    rules = publishers_of(publishers)
    refs = [page_refs(page) for page in pages]
    with_name = len(refs) > 1 or any(_holds_many(page) for page in pages)
    code = Exit.WELL
    for ref in chain.from_iterable(refs):
        raw = read_page(ref, limits)
        result = raw if isinstance(raw, Rejected) else clean_page(raw, limits, publishers=rules)
        if isinstance(result, Rejected):
            print(_rejection(result), file=sys.stderr)
            code = Exit.FAILED
        elif as_json and isinstance(raw, RawPage):
            print(json.dumps(_record(result, raw), ensure_ascii=False, default=datetime.isoformat))
        else:
            _print_text(result, with_name=with_name)
    return code


def page_refs(page: str) -> Iterable[PageRef]:
    """The page of a file, or the pages of one that holds many. A page that is not there is the user's mistake."""
    if page == "-":
        return [PageRef(_STANDARD_INPUT, "-")]
    place = as_place(page)
    if isinstance(place, Path) and place.is_dir():
        raise usage(f"{page} is a folder; `stet clean` takes pages, `stet archive` takes folders")
    if isinstance(place, Path) and not place.exists():
        raise usage(f"no such page: {page}")
    if isinstance(place, Path) and not _holds_many(page):
        return [PageRef(place, page)]
    try:
        return find_pages([place])
    except SourceError as error:
        raise usage(error) from error


def _holds_many(page: str) -> bool:
    return format_of(page) not in (None, Format.PAGE)


def _rejection(rejected: Rejected) -> str:
    detail = f" ({rejected.detail})" if rejected.detail else ""
    return f"stet: {rejected.source_name}: {rejected.reason.value}{detail}"


def _print_text(article: Article, *, with_name: bool) -> None:
    if with_name:
        print(f"==> {article.source_name} <==")
    print(article.text)
    if with_name:
        print()


def _record(article: Article, raw: RawPage) -> dict[str, Any]:
    from outputs.manifest import versions  # noqa: PLC0415  (imports pyarrow, which the text does not need)
    from outputs.rows import ArticleRow, RunStamp, article_record  # noqa: PLC0415

    stamp = RunStamp("", datetime.now(UTC), versions()["stet"])
    record = article_record(ArticleRow(article, stamp, raw.fetched_at))
    return record | {"run_id": None, "archived_at": None}  # no run, no archive
