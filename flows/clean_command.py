"""`stet clean`: cleans pages without flow or archive and prints what comes out."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.limits import Limits
from flows.errors import Exit, usage
from tasks.clean import clean_page
from tasks.page import Article, RawPage, Rejected
from tasks.read import PageRef, read_page

_STANDARD_INPUT = Path("/dev/stdin")


def clean(pages: Sequence[Path], limits: Limits, *, as_json: bool) -> Exit:
    """Clean each page and print its text, or its whole record. Returns FAILED where a page is rejected."""
    refs = [_ref(page) for page in pages]
    code = Exit.WELL
    for ref in refs:
        raw = read_page(ref, limits)
        result = raw if isinstance(raw, Rejected) else clean_page(raw, limits)
        if isinstance(result, Rejected):
            print(_rejection(result), file=sys.stderr)
            code = Exit.FAILED
        elif as_json and isinstance(raw, RawPage):
            print(json.dumps(_record(result, raw), ensure_ascii=False, default=datetime.isoformat))
        else:
            _print_text(result, with_name=len(refs) > 1)
    return code


def _ref(page: Path) -> PageRef:
    if page == Path("-"):
        return PageRef(_STANDARD_INPUT, "-")
    if page.is_dir():
        raise usage(f"{page} is a folder; `stet clean` takes pages, `stet archive` takes folders")
    if not page.exists():
        raise usage(f"no such page: {page}")
    return PageRef(page, str(page))


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
