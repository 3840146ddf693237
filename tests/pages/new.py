"""Make the next sample page: `python tests/pages/new.py PAGE NAME`.

Copies PAGE to tests/pages/NAME/source.* and writes what Stet makes of it beside it, as expected.text and expected.json.
Then a person reads both against the page and mends them: what stands there afterwards is what Stet must do.
"""

import argparse
import gzip
import json
import shutil
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from tasks.clean import clean_page
from tasks.page import Article, RawPage, Rejected

PAGES = Path(__file__).parent
SUFFIXES = (".html", ".htm", ".xhtml", ".txt")


def raw_page(source: Path) -> RawPage:
    """The raw page of a sample's source file."""
    content = source.read_bytes()
    if source.suffix == ".gz":
        content = gzip.decompress(content)
    return RawPage(f"{source.parent.name}/{source.name}", content)


def fields(result: Article | Rejected) -> dict[str, Any]:
    """What expected.json holds of a result: its metadata, or why it was rejected."""
    if isinstance(result, Rejected):
        return {"rejected": str(result.reason)}
    plain: dict[str, Any] = json.loads(json.dumps(asdict(result.metadata), default=datetime.isoformat))
    return plain


def make(page: Path, folder: Path) -> Article | Rejected:
    """Write a sample's three files into `folder`, which must not exist yet."""
    folder.mkdir()
    ending = "".join(page.suffixes[-2:]) if page.suffix == ".gz" else page.suffix
    source = folder / f"source{ending}"
    shutil.copyfile(page, source)
    result = clean_page(raw_page(source))
    expected = json.dumps(fields(result), ensure_ascii=False, indent=2)
    (folder / "expected.json").write_text(expected + "\n", encoding="utf-8")
    if isinstance(result, Article):
        (folder / "expected.text").write_text(result.text + "\n", encoding="utf-8")
    return result


def main() -> None:
    """Read the command line, make the sample, show every block with its label and reason."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("page", type=Path, help=f"a page ({' '.join(SUFFIXES)}, plain or .gz) that may be published")
    parser.add_argument("name", help="the sample's folder under tests/pages")
    arguments = parser.parse_args()
    folder = PAGES / arguments.name
    if folder.exists():
        parser.error(f"{folder} is there already")
    result = make(arguments.page, folder)
    if isinstance(result, Rejected):
        print(f"rejected: {result.reason} {result.detail}")
        return
    for block in result.blocks:
        print(f"{'+' if block.kept else '-'} {block.label:<10} {block.reason:<30} {block.text[:80]!r}")
    print(f"Now read {folder}/expected.text and expected.json against the page, and mend them.")


if __name__ == "__main__":
    main()
