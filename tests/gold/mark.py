"""Label a page by hand: `python -m tests.gold.mark show|write SUITE ID [MARKS]`, from the checkout.

`show` prints the page's blocks by number, with the labels and fields that Stet gives them. A person reads every block
against the page and writes down in a file MARKS, which stays out of the project, what is wrong. A line each:

    25 kicker                     block 25 is the kicker
    32-40 navigation|related      these are navigation, or related: doubtful, both count
    field deck = @27 // -         the deck is block 27, or none (@27+28: both as one); `?` as the value: not judged
    field authors = Jane Doe; John Roe
    field is_paywalled = no       also: title kicker deck bio dateline section tags published zone is_live_blog
    image @30 | Jane Doe/AP       caption and credit of an image, `-` for none; without such lines, and without
    images ?                      ("not judged") or `images -` ("none"), captions and credits side by side are pairs

What MARKS does not name stands as Stet has it. `write` puts the page's line into labels.jsonl.
"""

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tasks.addresses import registered_domain
from tasks.clean import clean_page
from tasks.folding import squeeze
from tasks.images import tidy_credit
from tasks.labelled import code_of
from tasks.page import Article, Label, LabelledBlock
from tests.gold.gold import LABELS, GoldPage, Span, Value, raw_page, read_gold, write_gold
from tests.suites import SUITES

LISTS = ("authors", "tags")
PLAIN = ("zone", "published", "is_paywalled", "is_live_blog")
OR, AND = " // ", ";"
Pair = tuple[list[str], list[str]]  # right captions and right credits of an image; "-" for none


@dataclass(frozen=True, slots=True)
class Marks:
    """What a person wrote down of a page: labels by the number of the block, fields and images as written."""

    names: dict[int, tuple[Label, ...]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    images: list[Pair] = field(default_factory=list)


def cleaned(suites: Path, suite: str, page_id: str) -> tuple[Article, str | None]:
    """The article that Stet makes of a page, and the page's URL."""
    raw = raw_page(suites, suite, page_id)
    article = clean_page(raw)
    if not isinstance(article, Article):
        raise SystemExit(f"{suite}/{page_id}: {article.reason}")
    return article, raw.url


def listing(article: Article) -> str:
    """The page's blocks and fields, to be read."""
    lines = [f"{number} {block.label}: {block.text}" for number, block in enumerate(article.blocks)]
    lines += [f"field {name} = {value}" for name, value in _given(article).items()]
    lines += [f"image {image.caption or '-'} | {image.credit or '-'}" for image in article.metadata.images]
    return "\n".join(lines)


def _given(article: Article) -> dict[str, str]:
    """What Stet says of the fields, as MARKS would write it."""
    found = article.metadata
    return {
        "title": found.title or "-",
        "kicker": found.kicker or "-",
        "deck": found.deck or "-",
        "bio": found.author_bio or "-",
        "dateline": found.dateline or "-",
        "section": found.section or "-",
        "authors": f"{AND} ".join(found.authors) or "-",
        "tags": f"{AND} ".join(found.tags) or "-",
        "published": found.published_at.date().isoformat() if found.published_at else "-",
        "zone": found.published_zone or "-",
        "is_paywalled": "yes" if found.is_paywalled else "no",
        "is_live_blog": "yes" if found.is_live_blog else "no",
    }


def read_marks(lines: Sequence[str]) -> Marks:
    """What a file of marks says. Exits with one line where it cannot be understood."""
    names: dict[int, tuple[Label, ...]] = {}
    fields: dict[str, str] = {}
    images: list[Pair] = []
    for line in filter(None, map(str.strip, lines)):
        head, _, rest = line.partition(" ")
        try:
            if head == "field":
                key, value = rest.split(" = ", 1)
                fields[key] = value
            elif head == "image":
                caption, credit = rest.split(" | ")
                images.append((caption.split(OR), credit.split(OR)))
            elif head == "images":
                fields["images"] = {"?": "?", "-": "-"}[rest]
            else:
                first, _, last = head.partition("-")
                names |= dict.fromkeys(range(int(first), int(last or first) + 1), tuple(map(Label, rest.split("|"))))
        except (ValueError, KeyError):
            raise SystemExit(f"not a mark: {line}") from None
    return Marks(names, fields, images)


def marked(article: Article, url: str | None, suite: str, page_id: str, marks: Marks) -> GoldPage:
    """The page as the marks have it. Exits with one line where they name what it has not."""
    given = _given(article)
    if unknown := [key for key in marks.fields if key not in (*given, "images")]:
        raise SystemExit(f"no such field: {unknown[0]}")
    if marks.names and max(marks.names) >= len(article.blocks):
        raise SystemExit(f"no block {max(marks.names)}: the page has {len(article.blocks)}")
    names = [marks.names.get(row, (block.label,)) for row, block in enumerate(article.blocks)]
    sha256 = article.source_sha256
    told = given | marks.fields
    fields = {key: _values(key, told[key], article, sha256) for key in given if told[key] != "?"}
    if told.get("images") != "?":
        pairs = [] if told.get("images") == "-" else marks.images or _pairs(article.blocks, names)
        fields["images"] = [[[_hash(text, article, sha256) for text in side] for side in pair] for pair in pairs]
    spans = tuple(
        Span(code_of(block.text, sha256), len(squeezed), labels)
        for block, labels in zip(article.blocks, names, strict=True)
        if (squeezed := squeeze(block.text))
    )
    publisher = (registered_domain(url) if url else None) or page_id
    half = hashlib.blake2b(publisher.encode()).digest()[0] % 2
    return GoldPage(suite, page_id, sha256, article.metadata.language or "", half, spans, fields)


def _values(key: str, written: str, article: Article, sha256: str) -> list[Value]:
    return [_value(key, value, article, sha256) for value in written.split(OR)]


def _value(key: str, text: str, article: Article, sha256: str) -> Value:
    if key in LISTS:
        return [] if text == "-" else [code_of(part, sha256) for part in text.split(AND)]
    if text == "-":
        return None
    if key in PLAIN:
        return {"yes": True, "no": False}.get(text, text)
    return _hash(text, article, sha256)


def _hash(text: str, article: Article, sha256: str) -> str | None:
    if text == "-":
        return None
    if text.startswith("@"):
        text = " ".join(article.blocks[int(row)].text for row in text[1:].split("+"))
    return code_of(text, sha256)


def _pairs(blocks: Sequence[LabelledBlock], named: Sequence[tuple[Label, ...]]) -> list[Pair]:
    """A caption and the credit next to it as an image, each pair once."""
    found: dict[tuple[str, str], None] = {}
    row = 0
    while row < len(blocks):
        here, below = named[row][0], named[row + 1][0] if row + 1 < len(blocks) else None
        text = {Label.CAPTION: "-", Label.CREDIT: "-"}
        rows = [row, row + 1] if below in text and below is not here else [row]
        if here in text:
            text |= {named[at][0]: blocks[at].text for at in rows}
            found[(text[Label.CAPTION], tidy_credit(text[Label.CREDIT]) or "-")] = None
        row += len(rows) if here in text else 1
    return [([caption], [credit]) for caption, credit in found]


def main() -> None:
    """Show a page, or write its line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("show", "write"))
    parser.add_argument("suite")
    parser.add_argument("id")
    parser.add_argument("marks", nargs="?", type=Path)
    parser.add_argument("--suites", type=Path, default=SUITES, help=f"the folder of the suites (default: {SUITES})")
    parser.add_argument("--labels", type=Path, default=LABELS, help="the file to write into")
    given = parser.parse_args()
    article, url = cleaned(given.suites, given.suite, given.id)
    if given.what == "show":
        print(listing(article))
        return
    marks = read_marks(given.marks.read_text("utf-8").splitlines() if given.marks else [])
    page = marked(article, url, given.suite, given.id, marks)
    others = [other for other in read_gold(given.labels) if (other.suite, other.id) != (page.suite, page.id)]
    write_gold([*others, page], given.labels)


if __name__ == "__main__":
    main()
