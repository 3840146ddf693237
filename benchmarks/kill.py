"""Kill archive runs at random moments, complete them, and see whether anything is lost or ever looks broken.

    python benchmarks/kill.py FOLDER... [--rounds 50] [--pages 300] [--seed 0]

FOLDER holds pages (.html, .html.gz), out of which as many as `--pages` are made (see `made_pages.py`). In each round
`stet archive` is killed with SIGKILL at a random moment of its run into a new archive, every third time once more while
it is being completed, and then completed. A reader opens all parts, texts and manifests that it sees, all the time.
Each archive must come to the same articles and rejects as that of a run that nobody disturbed, and be sound.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from made_pages import made, read_pages, write_warcs

from flows.local_server import LocalServer
from flows.prefect_home import home, prepare
from outputs.manifest import parse_manifest
from outputs.verify import verify

Rows = list[tuple[str, ...]]
_BATCH = "20"  # pages, so that there is much to be killed at
_AGAIN = 3


def main() -> None:
    """Run the rounds and print what came of them; exit code 1 where anything was lost or broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_warcs(made(read_pages(asked.folders), asked.pages), folder / "pages")
        os.environ["PREFECT_HOME"] = str(folder / "prefect")
        prepare(verbose=False)
        server = LocalServer.start(home())
        os.environ["PREFECT_API_URL"] = server.api_url
        server.wait()
        try:
            faults = rounds(folder, asked.rounds, random.Random(asked.seed))  # noqa: S311
        finally:
            server.stop()
    sys.exit(1 if faults else 0)


def rounds(folder: Path, count: int, rng: random.Random) -> list[str]:
    """Run the rounds. Returns what went wrong."""
    started = time.monotonic()
    run(folder, folder / "undisturbed")
    seconds = time.monotonic() - started
    expected = articles(folder / "undisturbed"), rejects(folder / "undisturbed")
    print(f"undisturbed: {len(expected[0])} articles, {len(expected[1])} rejects in {seconds:.1f} s", flush=True)
    faults: list[str] = []
    killed = partly = 0
    reads = 0
    for number in range(count):
        archive = folder / f"round-{number}"
        with Reader(archive) as reader:
            for _ in range(1 + (number % _AGAIN == 0)):
                killed += run(folder, archive, kill_after=rng.uniform(0, seconds))
                there = len(articles(archive))
                partly += 0 < there < len(expected[0])
            run(folder, archive)
        reads += reader.reads
        wrong = [*reader.faults, *map(str, verify(archive).findings)]
        if (articles(archive), rejects(archive)) != expected:
            wrong.append("not the same articles and rejects")
        faults += [f"round {number}: {fault}" for fault in wrong]
        print(f"round {number}: {'; '.join(wrong) or 'the same'} (killed with {there} articles in place)", flush=True)
        shutil.rmtree(archive)
    print(
        f"{count} rounds, {killed} runs killed, {partly} of them with some articles in place and not all; "
        f"{reads:,} reads of files while they ran; {len(faults)} faults"
    )
    return faults


def run(folder: Path, archive: Path, kill_after: float | None = None) -> bool:
    """Run the command; returns whether it was killed."""
    command = [sys.executable, "-m", "flows.cli", "archive", str(folder / "pages"), "--to", str(archive)]
    command += ["--batch-pages", _BATCH, "--workers", "2"]
    with (folder / "log").open("w+b") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        if process.returncode:
            log.seek(0)
            sys.exit(f"the run failed: {log.read().decode('utf-8', 'replace')}")
    return False


def articles(archive: Path) -> Rows:
    """What identifies an article, of all."""
    return _rows(archive, "articles", ["source_name", "source_sha256", "text_sha256", "duplicate_of", "revision"])


def rejects(archive: Path) -> Rows:
    """What identifies a reject, of all."""
    return _rows(archive, "rejects", ["source_name", "source_sha256", "reason"])


def _rows(archive: Path, table: str, columns: Sequence[str]) -> Rows:
    parts = [pq.ParquetFile(path).read(columns=columns) for path in sorted((archive / table).rglob("*.parquet"))]
    return sorted(tuple(map(str, row.values())) for part in parts for row in part.to_pylist())


@dataclass
class Reader:
    """Reads an archive as others do, for as long as its context lasts."""

    archive: Path
    reads: int = 0
    faults: list[str] = field(default_factory=list)

    def __enter__(self) -> "Reader":
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._over.wait(0.05):
            for path in [*self.archive.glob("[art]*/*/part-*"), *self.archive.glob("_runs/*.json")]:
                self._read(path)

    def _read(self, path: Path) -> None:
        try:
            if path.suffix == ".parquet":
                pq.ParquetFile(path).read()
            elif path.suffix == ".zip":
                with zipfile.ZipFile(path) as texts:
                    damaged = texts.testzip()
                    if damaged:
                        self.faults.append(f"{path.name}: {damaged}")
            else:
                parse_manifest(path.read_text("utf-8"))
            self.reads += 1
        except FileNotFoundError:  # texts whose articles a killed run did not put in place are removed
            if path.suffix != ".zip":
                self.faults.append(f"{path.name} is gone")
        except (OSError, pa.ArrowException, zipfile.BadZipFile, ValueError) as error:
            self.faults.append(f"{path.name}: {error}")


if __name__ == "__main__":
    main()
