"""Measure the whole flow, read, clean, write, commit: beside one worker, beside trafilatura, and as it grows.

    python benchmarks/throughput.py FOLDER... [--pages 20000] [--workers 2] [--sample N]
    python benchmarks/throughput.py FOLDER... --growth 1000 10000 [--known 1000000]

FOLDER holds pages (.html, .html.gz) out of which the benchmark makes as many as it is told to, in WARC.gz files (see
`made_pages.py`). The first form runs the flow over them with N workers and with one, and trafilatura in a pool of N
processes that writes its fields to Parquet; `--sample` is how many pages the latter get. The second form says what
a page costs at several sizes, the last of them again into an archive that holds `--known` articles already. Needs
`trafilatura`, `lxml_html_clean` and `psutil` beside Stet.

All is warm: Prefect's server runs and the pages are in the system's cache. CPU is that of all processes; on a machine
that does other things, too, go by it and not by the wall.
"""

import argparse
import gzip
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from costs import Cost, Meter, server_process
from made_pages import made, read_pages, write_warcs

from flows.archiving import Request, open_archiving, under_way
from flows.local_server import LocalServer
from flows.prefect_home import home, prepare
from outputs.layout import Layout, Table
from outputs.manifest import Counts, Manifest, Status, WrittenFile, versions
from outputs.recovery import write_manifest
from outputs.staging import sha256_of

_FEW = 20  # pages of the run that shows what a run costs whatever it archives
_KNOWN_RUN = "20240101T000000Z-000000"
_KNOWN_ROWS = 20_000  # a part


def main() -> None:
    """Make pages, run what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--pages", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--growth", type=int, nargs="+")
    parser.add_argument("--known", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, _prefect(Path(name)):
        bench = Bench(Path(name), asked.folders, asked.workers)
        if asked.growth:
            bench.growth(asked.growth, asked.known)
        else:
            bench.throughput(asked.pages, asked.sample or asked.pages)


class _prefect:  # noqa: N801  (used as a function)
    """A Prefect server for as long as the benchmark runs."""

    def __init__(self, folder: Path) -> None:
        os.environ["PREFECT_HOME"] = str(folder / "prefect")

    def __enter__(self) -> None:
        prepare(verbose=False)
        self._server = LocalServer.start(home())
        os.environ["PREFECT_API_URL"] = self._server.api_url
        self._server.wait()

    def __exit__(self, *_: object) -> None:
        self._server.stop()


@dataclass
class Bench:
    """Made pages, and runs over them."""

    folder: Path
    originals: Sequence[Path]
    workers: int

    def throughput(self, pages: int, sample: int) -> None:
        """The three comparisons, and the sizes."""
        source, part = self.source(pages), self.source(sample)
        self.run(self.source(_FEW), "warm")
        many = self.run(source, "many")
        print(f"flow, {self.workers} workers: {many.line(pages)}; {many.memory}", flush=True)
        sizes(self.folder / "many")
        one = self.run(part, "one", workers=1)
        print(f"flow, 1 worker:  {one.line(sample)}", flush=True)
        print(f"  {one.wall / sample / (many.wall / pages):.2f} times one worker's speed")
        share = (many.main + many.server) / many.cpu
        print(f"  the coordinating process and Prefect's server: {share:.1%} of the CPU")
        bare = self.run(part, "bare", prefect=False)
        print(f"without Prefect: {bare.line(sample)}")
        prefect = many.main / pages - bare.main / sample + many.server / pages
        print(f"  Prefect: {prefect / (many.cpu / pages):.1%} of the CPU", flush=True)
        with Meter() as meter:
            found = trafilatura_to_parquet(part, self.folder / "peer.parquet", self.workers)
        peer = meter.cost
        print(f"trafilatura, {self.workers} processes: {peer.line(sample)}; {found:,} articles")
        wall, cpu = peer.wall / sample / (many.wall / pages), peer.cpu / sample / (many.cpu / pages)
        print(f"  the flow is {wall:.1f} times as fast, and takes {1 / cpu:.0%} of the CPU")

    def growth(self, sizes: Sequence[int], known: int) -> None:
        """What a page costs, without what a run costs whatever it archives."""
        few = self.source(_FEW)
        self.run(few, "warm")
        start = self.run(few, "start")
        print(f"a run of {_FEW} pages: {start.line(_FEW)}", flush=True)
        for pages in sizes:
            cost = self.run(self.source(pages), f"growth-{pages}")
            print(f"{pages:>9,} pages: {cost.less(start).line(pages - _FEW)}; {cost.memory}", flush=True)
        if known:
            make_known(self.folder / "known", known)
            self.run(few, "known")  # reads the texts that the archive has, and keeps their index
            start = self.run(self.source(_FEW, seed=1), "known")
            print(f"a run of {_FEW} pages, {known:,} known: {start.line(_FEW)}", flush=True)
            cost = self.run(self.source(sizes[-1], seed=2), "known")
            line = cost.less(start).line(sizes[-1] - _FEW)
            print(f"{sizes[-1]:>9,} pages, {known:,} known: {line}; {cost.memory}", flush=True)

    def source(self, pages: int, seed: int = 0) -> Path:
        """A folder with that many pages."""
        folder = self.folder / f"pages-{pages}-{seed}"
        if not folder.exists():
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:  # its memory is not ours
                size = other.submit(_make, self.originals, pages, seed, folder).result()
            packed = sum(path.stat().st_size for path in folder.iterdir())
            print(f"({pages:,} pages: {size / pages:,.0f} bytes each, {packed / pages:,.0f} packed)", flush=True)
        return folder

    def run(self, source: Path, archive: str, *, workers: int | None = None, prefect: bool = True) -> Cost:
        """One run of the flow, or of what the flow drives, in a process of its own: its memory is that of this run."""
        request = Request((source,), self.folder / archive, workers or self.workers)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as own:
            return own.submit(_run, request, server_process(), prefect=prefect).result()


def _run(request: Request, server: int, *, prefect: bool) -> Cost:
    from flows.archive_news import archive_news  # noqa: PLC0415  (once the environment is set)

    with Meter(server) as meter, open_archiving(request) as archiving:
        archiving.start_ahead()
        if prefect:
            with under_way(archiving):
                archive_news(list(map(str, request.sources)), request.archive)
        else:
            for number in archiving.jobs():
                archiving.commit(archiving.outcome(number))
            archiving.finish()
    return meter.cost


def _make(originals: Sequence[Path], pages: int, seed: int, folder: Path) -> int:
    found = read_pages(originals)
    if not found:
        raise SystemExit("no .html or .html.gz pages in these folders")
    return write_warcs(made(found, pages, seed), folder)


def trafilatura_to_parquet(source: Path, target: Path, processes: int) -> int:
    """What a user writes: pages from WARCs through a pool of processes into Parquet. Returns the articles."""
    found, writer = 0, None
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        rows: list[dict[str, Any]] = []
        for row in pool.map(_extract, _records(source), chunksize=50):
            rows += [row] if row else []
            if len(rows) == 2000:
                found, writer, rows = found + len(rows), _append(writer, rows, target), []
        found, writer = found + len(rows), _append(writer, rows, target)
        writer.close()
    return found


_FIELDS = ("title", "author", "url", "hostname", "description", "sitename", "date", "categories", "tags", "image",
           "language", "text")  # fmt: skip


def _extract(record: tuple[str, bytes]) -> dict[str, Any] | None:
    import trafilatura  # noqa: PLC0415

    url, page = record
    found = trafilatura.bare_extraction(page, url=url, include_comments=False, with_metadata=True)
    values = found.as_dict() if found is not None else {}
    return {name: values.get(name) for name in _FIELDS} if values.get("text") else None


def _records(source: Path) -> Iterator[tuple[str, bytes]]:
    from fastwarc import ArchiveIterator, WarcRecordType  # noqa: PLC0415

    for path in sorted(source.iterdir()):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, record_types=WarcRecordType.response):
                yield record.headers["WARC-Target-URI"], record.reader.read()


def _append(writer: pq.ParquetWriter | None, rows: list[dict[str, Any]], target: Path) -> pq.ParquetWriter:
    lists = {"categories", "tags"}
    kinds = {name: pa.list_(pa.string()) if name in lists else pa.string() for name in _FIELDS}
    schema = pa.schema(list(kinds.items()))
    writer = writer or pq.ParquetWriter(target, schema, compression="zstd")
    writer.write_table(pa.Table.from_pylist(rows, schema))
    return writer


def sizes(archive: Path) -> None:
    """Bytes an article: Parquet and text ZIPs, and JSON lines of the same rows."""
    parts = sorted((archive / "articles").rglob("*.parquet"))
    parquet = sum(part.stat().st_size for part in parts)
    texts = sum(path.stat().st_size for path in (archive / "text").rglob("*.zip"))
    rows, packed = 0, archive / "rows.jsonl.gz"
    with gzip.open(packed, "wt", compresslevel=6, encoding="utf-8") as file:
        for part in parts:
            for batch in pq.ParquetFile(part).iter_batches(500):
                rows += len(batch)
                file.writelines(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in batch.to_pylist())
    lines = packed.stat().st_size
    print(
        f"{rows:,} articles: {parquet / rows:,.0f} bytes each in Parquet, {texts / rows:,.0f} in text ZIPs, "
        f"{lines / rows:,.0f} as gzipped JSON lines"
    )


def make_known(archive: Path, rows: int) -> None:
    """An archive with rows of which there are those columns that a run reads."""
    layout, rng, files = Layout(archive), np.random.default_rng(rows), []
    for number, start in enumerate(range(0, rows, _KNOWN_ROWS)):
        count = min(_KNOWN_ROWS, rows - start)
        path = layout.part(Table.ARTICLES, date(2024, 1, 1), _KNOWN_RUN, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        digests = [rng.bytes(32).hex() for _ in range(count)]
        columns = {
            "article_id": [digest[:20] for digest in digests],
            "source_sha256": digests,
            "url": [f"https://news.example/{digest[:12]}" for digest in digests],
            "minhash": [rng.bytes(128).hex() for _ in range(count)],
            "text_sha256": digests,
            "duplicate_of": pa.nulls(count, pa.string()),
            "revision": pa.array([1] * count, pa.int32()),
            "archived_at": pa.array([number] * count, pa.timestamp("us", "UTC")),
        }
        pq.write_table(pa.table(columns), path, compression="zstd")
        files.append(WrittenFile(layout.relative(path), count, path.stat().st_size, sha256_of(path)))
    then = datetime(2024, 1, 1, tzinfo=UTC)
    counts = Counts(rows, rows)
    write_manifest(layout, Manifest(_KNOWN_RUN, Status.COMPLETE, then, then, (), counts, versions(), tuple(files)))


if __name__ == "__main__":
    started = time.time()
    main()
    print(f"({time.time() - started:,.0f} s)")
