"""Render labelled pages to text as other programs do, to see what Stet makes of dumps.

    python benchmarks/renders.py LABELLED... --to FOLDER
    stet evaluate LABELLED... --also FOLDER/lynx --also FOLDER/w3m --also FOLDER/inscriptis --also FOLDER/beautifulsoup

LABELLED is a folder with truth.jsonl and pages/. Each renderer gets such a folder of its own, a page named by its suite
and its id. Renderers that are not installed (`apt-get install lynx w3m`, `pip install inscriptis`) are left out.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from bs4 import BeautifulSoup

from config.limits import Limits
from tasks.decode import decode
from tasks.labelled import LabelledPage, read_labelled
from tasks.page import Kind, Rejected

SECONDS = 60  # that a renderer may take for a page
COLUMNS = 80
UNSEEN = ("script", "style", "noscript", "template")
Renderer = Callable[[str], str]


def main() -> None:
    """Render every page by every renderer that is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", nargs="+", type=Path)
    parser.add_argument("--to", required=True, type=Path)
    arguments = parser.parse_args()
    pages = list(read_labelled(arguments.labelled))
    for name, render in renderers().items():
        count = write(arguments.to / name, pages, render)
        print(f"{name:<14} {count} of {len(pages)} pages", flush=True)


def renderers() -> Mapping[str, Renderer]:
    """Those that are installed, by name."""
    found: dict[str, Renderer] = {"beautifulsoup": by_beautifulsoup}
    if find_spec("inscriptis"):
        found["inscriptis"] = by_inscriptis
    commands = {
        "lynx": ("-dump", "-nolist", "-stdin", "-assume_charset=utf-8", "-display_charset=utf-8", f"-width={COLUMNS}"),
        "w3m": ("-dump", "-T", "text/html", "-I", "utf-8", "-O", "utf-8", "-cols", str(COLUMNS)),
    }
    for name, flags in commands.items():
        if command := shutil.which(name):
            found[name] = by_command(command, *flags)
    return found


def write(folder: Path, pages: list[LabelledPage], render: Renderer) -> int:
    """Write a renderer's folder of labelled pages; how many pages it holds."""
    (folder / "pages").mkdir(parents=True, exist_ok=True)
    count = 0
    with (folder / "truth.jsonl").open("w", encoding="utf-8") as lines:
        for page in pages:
            source = decode(page.raw, Limits())
            if isinstance(source, Rejected) or source.kind is not Kind.HTML:
                continue
            try:
                text = render(source.text)
            except subprocess.TimeoutExpired:
                print(f"{page.suite}/{page.id}: over {SECONDS} s", file=sys.stderr)
                continue
            name = f"{page.suite}-{page.id}"
            (folder / "pages" / f"{name}.txt").write_text(text, encoding="utf-8", errors="replace")
            lines.write(json.dumps({**page.truth, "id": name}) + "\n")
            count += 1
    return count


def by_beautifulsoup(markup: str) -> str:
    """A line for every run of text, as `get_text` is mostly called."""
    soup = BeautifulSoup(markup, "lxml")
    for element in soup(UNSEEN):
        element.decompose()
    return soup.get_text("\n", strip=True)


def by_inscriptis(markup: str) -> str:
    """A page as its layout has it, tables side by side."""
    from inscriptis import get_text  # noqa: PLC0415  (not a dependency)

    return str(get_text(markup))


def by_command(command: str, *flags: str) -> Renderer:
    """A browser of the terminal that reads the page from its standard input."""

    def render(markup: str) -> str:
        done = subprocess.run(
            (command, *flags),
            input=markup.encode("utf-8", "replace"),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout.decode("utf-8", "replace")

    return render


if __name__ == "__main__":
    main()
