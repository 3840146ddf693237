"""Time Stet beside trafilatura on the same pages, in the same run.

    python benchmarks/speed.py FOLDER... [--rounds 3] [--workers 2]

FOLDER holds pages (.html, .html.gz), at any depth. Needs `trafilatura` and `lxml_html_clean` beside Stet. It compares:

- one process, a page's bytes to its record: `clean_page` against `trafilatura.bare_extraction` with metadata, in turns;
- the command lines from a cold start, all pages: `stet archive` against `trafilatura --input-dir`, in turns.

Prints CPU milliseconds a page, wall seconds, peak memory of a process, and the ratios; the median of the rounds.
"""

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tasks.clean import clean_page
from tasks.page import RawPage


def main() -> None:
    """Run both comparisons and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    pages = sorted(path for folder in options.folders for path in folder.rglob("*.html*") if path.is_file())
    if not pages:
        parser.error("no .html or .html.gz pages in these folders")
    print(f"{len(pages)} pages, {options.workers} workers, median of {options.rounds} rounds")
    compare_commands(pages, options.rounds, options.workers)  # first: a child's peak begins with its parent's size
    compare_in_process([_bytes(path) for path in pages], options.rounds)


def compare_in_process(pages: list[bytes], rounds: int) -> None:
    """CPU time a page, one process, both in turns."""
    import trafilatura  # noqa: PLC0415

    def ours(page: bytes) -> object:
        return clean_page(RawPage("page.html", page))

    def theirs(page: bytes) -> object:
        return trafilatura.bare_extraction(page, include_comments=False, with_metadata=True)

    for warm in (ours, theirs):
        _cpu(warm, pages[:20])
    times = [(_cpu(ours, pages), _cpu(theirs, pages)) for _ in range(rounds)]
    stet, peer = median(own for own, _ in times), median(other for _, other in times)
    ratio = median(other / own for own, other in times)
    print(f"one process: stet {stet:.1f} ms a page, trafilatura {peer:.1f} ms: {ratio:.1f} times as fast")


def _cpu(clean: Callable[[bytes], object], pages: list[bytes]) -> float:
    """CPU milliseconds a page."""
    before = time.process_time()
    for page in pages:
        clean(page)
    return (time.process_time() - before) / len(pages) * 1000


def compare_commands(pages: list[Path], rounds: int, workers: int) -> None:
    """Wall time of both command lines over one folder of the pages, in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "pages"
        source.mkdir()
        for number, path in enumerate(pages):
            (source / f"{number:06}.html").write_bytes(_bytes(path))
        stet = [_command("stet"), "archive", str(source), "--workers", str(workers), "--json", "--to"]
        peer = [_command("trafilatura"), "--parallel", str(workers), "--json", "--with-metadata", "--no-comments"]
        peer += ["--input-dir", str(source), "--output-dir"]
        runs = [(_run(stet, folder / f"a{turn}"), _run(peer, folder / f"b{turn}")) for turn in range(rounds)]
    (own, own_peak), (other, other_peak) = (
        (median(seconds for seconds, _ in of), max(peak for _, peak in of)) for of in zip(*runs, strict=True)
    )
    print(f"command line, cold: stet {own:.1f} s, trafilatura {other:.1f} s: {other / own:.1f} times as fast")
    print(f"largest process: stet {own_peak:.0f} MB, trafilatura {other_peak:.0f} MB")


def _run(command: list[str], target: Path) -> tuple[float, float]:
    """Seconds of a command that writes to a target, and MB of its largest process; ends where the command fails."""
    target.mkdir()
    before = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([*command, str(target)], stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)  # its usage, and of all that it has waited for
        seconds = time.perf_counter() - before
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{command[0]} failed: {said.read()[-500:].decode(errors='replace').strip()}")
    return seconds, usage.ru_maxrss / 1000


def _command(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        sys.exit(f"{name} is not installed beside {sys.executable}")
    return found


def _bytes(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


if __name__ == "__main__":
    main()
