"""Score trafilatura on labelled pages, by the same figures as `stet evaluate`.

    python benchmarks/quality.py LABELLED...

LABELLED is a folder with truth.jsonl and pages/. Needs `trafilatura` and `lxml_html_clean` beside Stet. A text dump is
handed over with a `<p>` around each line. The truth's deck counts as found where the text lacks it, as for Stet.
"""

import argparse
import html
from pathlib import Path
from statistics import fmean

import trafilatura

from config.limits import Limits
from tasks.decode import decode
from tasks.folding import squeeze
from tasks.labelled import LabelledPage, read_labelled
from tasks.page import Kind, Rejected
from tasks.scoring import harmonic, overlap
from tasks.shingles import tokens


def main() -> None:
    """Score each folder and print a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", nargs="+", type=Path)
    for folder in parser.parse_args().labelled:
        pages = [(page, extract(page)) for page in read_labelled([folder])]
        scores = [overlap(page.truth["body"], text) for page, text in pages]
        f1 = harmonic(fmean(p for p, _ in scores), fmean(r for _, r in scores))
        worst = sorted(harmonic(*score) for score in scores)[: max(1, len(scores) // 10)]
        exact = fmean(tokens(page.truth["body"]) == tokens(text) for page, text in pages)
        print(f"{folder.name:<20} f1 {f1:.3f}  worst10 {fmean(worst):.3f}  exact {exact:.3f}", flush=True)


def extract(page: LabelledPage) -> str:
    """What trafilatura makes of a page."""
    source = decode(page.raw, Limits())
    if isinstance(source, Rejected):
        return ""
    markup = source.text
    if source.kind is Kind.DUMP:
        lines = "\n".join(f"<p>{html.escape(line)}</p>" for line in source.text.splitlines() if line.strip())
        markup = f"<html><body>{lines}</body></html>"
    found = trafilatura.bare_extraction(markup, url=page.truth.get("url"), include_comments=False)
    text = str(found.text or "") if found is not None else ""
    deck = page.truth.get("deck")
    said = " ".join(deck) if isinstance(deck, list) else deck or ""
    return text if squeeze(said)[:80] in squeeze(text) else f"{said}\n\n{text}"


if __name__ == "__main__":
    main()
