"""Pages marked line by line to learn from: a labelled folder made of the marks and of the pages, which lie elsewhere.

    python benchmarks/marks.py SUITES --to FOLDER

SUITES holds a folder a suite, with truth.jsonl and pages/. `benchmarks/marks.jsonl` has a page a line, without a word
of it: `suite`, `id`, `sha256` of its bytes, `body` (the blocks that are the article's) and `neither` (its deck, and
blocks on which editors would differ), in the page's order. A block is the hash of its letters and digits, keyed by the
page's own SHA-256, and from its second time on the page on `HASH.2`, `HASH.3` …
"""

import argparse
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from config.limits import Limits
from tasks.blocks import cut
from tasks.decode import decode
from tasks.labelled import code_of, page_path, page_urls
from tasks.page import Rejected
from tasks.read import PageRef, read_page

MARKS = Path(__file__).with_suffix(".jsonl")
FOUND = 0.9  # share of a page's marked blocks that must be found again


def main() -> None:
    """Write the folder, and say how many pages it has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", type=Path)
    parser.add_argument("--to", type=Path, required=True)
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    marks = [json.loads(line) for line in MARKS.read_text("utf-8").splitlines()]
    truths = [truth for mark in marks if (truth := labelled(given.suites, mark, given.to)) is not None]
    lines = (json.dumps(truth, ensure_ascii=False) for truth in truths)
    (given.to / "truth.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    print(f"{len(truths)} of {len(marks)} marked pages in {given.to}")


def labelled(suites: Path, mark: dict[str, Any], to: Path) -> dict[str, Any] | None:
    """Copy a marked page and give its line of truth.jsonl; None, after a line that says why, where it is another."""
    path = page_path(suites / mark["suite"], mark["id"])
    raw = read_page(PageRef(path, path.name), Limits())
    name = f"{mark['suite']}.{mark['id']}"
    if isinstance(raw, Rejected) or hashlib.sha256(raw.content).hexdigest() != mark["sha256"]:
        print(f"{name}: not the page that was marked")
        return None
    source = decode(raw, Limits())
    page = source if isinstance(source, Rejected) else cut(source)
    texts = [] if isinstance(page, Rejected) else [block.text for block in page.blocks]
    coded = dict(zip(codes(texts, mark["sha256"]), texts, strict=True))
    body, neither = ([coded[code] for code in mark[part] if code in coded] for part in ("body", "neither"))
    if len(body) < FOUND * len(mark["body"]):
        print(f"{name}: {len(body)} of {len(mark['body'])} marked blocks are on the page")
        return None
    copy = to / "pages" / f"{name}.html.gz"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(gzip.compress(raw.content, mtime=0))
    url = page_urls(suites / mark["suite"])[mark["id"]]
    return {"id": name, "url": url, "body": "\n\n".join(body), "neither": neither}


def codes(texts: Sequence[str], sha256: str) -> Iterator[str]:
    """The code of each block of the page with that SHA-256."""
    times = Counter[str]()
    for text in texts:
        code = code_of(text, sha256)
        times[code] += 1
        yield code if times[code] == 1 else f"{code}.{times[code]}"


if __name__ == "__main__":
    main()
