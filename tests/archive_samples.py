"""Pages, a cleaner that reads its verdict from them, and runs over them, for the tests of the archive."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from config.limits import Limits
from outputs.archive import open_run
from outputs.batch import archive_batch
from outputs.manifest import Manifest
from tasks.page import Article, Image, Label, LabelledBlock, Metadata, RawPage, Rejected, RejectReason
from tasks.read import find_pages

LIMITS = Limits()
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def metadata(**fields: object) -> Metadata:
    defaults = {
        "title": "A bridge opens",
        "authors": ("Jane Doe", "John Roe"),
        "tags": ("bridges",),
        "language": "en",
        "url": "https://news.example/bridge",
        "publisher": "news.example",
        "published_at": datetime(2017, 10, 19, 22, 59, tzinfo=UTC),
        "published_raw": "Oct 19, 2017 22:59",
        "images": (Image("https://news.example/bridge.jpg", "The bridge", "REUTERS"), Image(caption="No more")),
    }
    return Metadata(**(defaults | fields))  # type: ignore[arg-type]


def article(name: str, text: str, **fields: object) -> Article:
    blocks = (
        LabelledBlock("A bridge opens", Label.TITLE, "title.headline", 0.99),
        LabelledBlock(text, Label.PARAGRAPH, "model", 0.9),
        LabelledBlock("Follow us", Label.PROMO, "en.follow", 0.97),
    )
    return Article(name, "", metadata(**fields), blocks, 0.75)


def clean(raw: RawPage, limits: Limits) -> Article | Rejected:
    """Reject a page that begins with "reject", raise for "crash"; else make it an article."""
    text = raw.content.decode("utf-8", "replace")
    if text.startswith("reject"):
        return Rejected(raw.source_name, RejectReason.NO_ARTICLE, "no paragraph")
    if text.startswith("crash"):
        raise RuntimeError("a defect")
    return article(raw.source_name, text, title=text.partition("\n")[0])


def write_pages(folder: Path, pages: dict[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page if isinstance(page, bytes) else page.encode("utf-8"))
    return folder


def run_archive(
    source: Path, root: Path, size: int = 2, now: datetime | None = None, cleaner=clean, *, again=False
) -> Manifest:
    refs = list(find_pages([source]))
    batches = [refs[start : start + size] for start in range(0, len(refs), size)]
    with open_run(root, [str(source)], now=now, again=again) as run:
        # All are staged before the first is committed, as in parallel.
        staged = [archive_batch(run.job(number, batch, LIMITS), cleaner) for number, batch in enumerate(batches)]
        for batch in staged:
            run.commit(batch)
        return run.finish(len(refs))


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def rows(root: Path, table: str = "articles") -> list[dict]:
    parts = sorted((root / table).rglob("*.parquet"))
    return [row for part in parts for row in pq.ParquetFile(part).read().to_pylist()]


def names(root: Path, table: str = "articles") -> list[str]:
    return sorted(row["source_name"] for row in rows(root, table))
