"""What the model sees of a page: a row of numbers a block, computed column by column for the whole page.

`features(page, hits)` gives a float32 matrix (blocks × columns). A number that a dump cannot have (its tags, what it
declares) is NaN there, so that one model serves both kinds. Shares are 0 to 1, sizes are log(1 + n).
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.columns import Column, Columns, Matrix, bits, rolling, shifts
from tasks.declared_body import in_declared_body
from tasks.folding import fold
from tasks.grams import Grams, Weights, add_wording
from tasks.page import Block, Kind, Label, Page
from tasks.places import AROUND, KINDS_OF_PLACE, TAG_GROUP, TAG_GROUPS, container_places
from tasks.tree import add_tree
from tasks.words import STOPS

# ---- characters ------------------------------------------------------------------------------------------------------

CLASSES = (
    "space",
    "lower",
    "upper",
    "digit",
    "other_letter",
    "ideograph",
    "stop",
    "comma",
    "quote",
    "dash",
    "bar",
    "sign",
)
_SIGNS = {  # of a sign in two rows the later one holds
    "bar": "|•·›»→▶/#@©&",
    "dash": "-–—",
    "quote": "\"'“”„‘’«»‹›「」『』",
    "comma": ",;:、，؛،：；",
    "stop": STOPS,
}


_BY_CATEGORY = {"Ll": "lower", "Lu": "upper", "Lt": "upper", "Nd": "digit", "Lo": "other_letter", "Lm": "other_letter"}
_BY_CATEGORY |= dict.fromkeys(("Zs", "Zl", "Zp", "Cc", "Cf", "Cn", "Co", "Cs"), "space")
_IDEOGRAPHS = ((0x3040, 0x30FF), (0x3400, 0x9FFF))
_BEYOND = 0xFFFF  # stands for all characters above it, nearly all of them emoji


def _class_table() -> NDArray[np.uint8]:
    """The class of each character of the basic plane."""
    signs = {char: name for name, chars in _SIGNS.items() for char in chars}
    place = {name: number for number, name in enumerate(CLASSES)}
    of_category = {category: place[name] for category, name in _BY_CATEGORY.items()}
    categories = map(unicodedata.category, map(chr, range(_BEYOND + 1)))
    table = np.fromiter((of_category.get(category, place["sign"]) for category in categories), np.uint8, _BEYOND + 1)
    for first, last in _IDEOGRAPHS:
        span = table[first : last + 1]
        span[span != place["space"]] = place["ideograph"]
    for char, name in signs.items():
        table[ord(char)] = place[name]
    table[_BEYOND] = place["sign"]
    return table


_CLASS_TABLE = _class_table()
Groups = NDArray[np.int64]

_HIT_LABELS = tuple(
    label for label in Label if label not in (Label.PARAGRAPH, Label.LIST_ITEM, Label.TABLE, Label.TITLE)
)


def features(page: Page, hits: Sequence[Sequence[Label]], groups: Groups | None = None) -> Matrix:
    """The matrix of a page; `hits` are the labels that the phrase rules give each block, `groups` its `group_ids`."""
    return columns(page, hits, groups).matrix()


def with_wording(seen: Matrix, grams: Grams, weights: Weights) -> Matrix:
    """The matrix with the columns of the page's wording, which are learned as well."""
    out = Columns()
    add_wording(out, grams, weights)
    return np.concatenate([seen.T, out.matrix().T]).T


def columns(page: Page, hits: Sequence[Sequence[Label]], groups: Groups | None = None) -> Columns:
    """The named columns of a page of at least one block."""
    out = Columns()
    blocks = page.blocks
    counts = _character_counts([block.text for block in blocks])
    text = _add_text(out, blocks, counts)
    _add_tags(out, page)
    _add_hits(out, hits)
    _add_position(out, page, text)
    _add_groups(out, page, text, group_ids(page) if groups is None else groups)
    add_tree(out, page, text)
    _add_declared(out, page)
    _add_neighbours(out)
    return out


def _character_counts(texts: Sequence[str]) -> NDArray[np.float64]:
    """How many characters of each class each text has (texts × CLASSES)."""
    joined = np.frombuffer("".join(texts).encode("utf-32-le", "replace"), dtype=np.uint32)
    classes = _CLASS_TABLE[np.minimum(joined, 0xFFFF)]
    row = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    flat = np.bincount(row * len(CLASSES) + classes, minlength=len(texts) * len(CLASSES))
    return flat.reshape(len(texts), len(CLASSES)).astype(np.float64)


def _add_text(out: Columns, blocks: Sequence[Block], counts: NDArray[np.float64]) -> dict[str, Column]:
    """Size, signs and links of each text; what later steps need of them is returned."""
    size = counts.sum(1)
    by = {name: counts[:, i] for i, name in enumerate(CLASSES)}
    for name in CLASSES:
        out.add(f"share_{name}", by[name] / size)
    words = by["space"] + 1 + by["ideograph"] / 2
    link = np.array([block.link_chars for block in blocks]) / size
    ends = np.array([_CLASS_TABLE[min(ord(block.text[-1]), 0xFFFF)] for block in blocks])
    begins = np.array([_CLASS_TABLE[min(ord(block.text[0]), 0xFFFF)] for block in blocks])
    stopped = (ends == CLASSES.index("stop")) | ((ends == CLASSES.index("quote")) & (by["stop"] > 0))
    out.add("chars", np.log1p(size))
    out.add("words", np.log1p(words))
    out.add("word_length", (size - by["space"]) / words)
    out.add("stops", np.log1p(by["stop"]))
    out.add("commas", np.log1p(by["comma"]))
    out.add("stops_a_word", by["stop"] / words)
    out.add("link_share", link)
    out.add("strong_share", np.array([block.strong_chars for block in blocks]) / size)
    out.add("stopped", stopped)
    for name in ("lower", "upper", "digit", "quote", "dash", "bar", "sign"):
        out.add(f"begins_{name}", begins == CLASSES.index(name))
    for name in ("comma", "digit", "bar"):
        out.add(f"ends_{name}", ends == CLASSES.index(name))
    out.add("lines", np.array([block.text.count("\n") for block in blocks]))
    out.add("address", np.array(["http" in block.text or "www." in block.text for block in blocks]))
    spaceless = (by["other_letter"] + by["ideograph"]) * 2 > size  # Thai and its like end no sentence with a stop
    good = np.where((stopped | spaceless) & (size > 40), size * (1 - link), 0.0)
    out.add("good", np.log1p(good))
    return {"size": size.astype(np.float32), "link": (link * size).astype(np.float32), "good": good.astype(np.float32)}


def _add_tags(out: Columns, page: Page) -> None:
    """The element, the kinds of place that its words name, and those of what is around it."""
    count, html = len(page.blocks), page.kind is Kind.HTML
    group = np.array([TAG_GROUP.get(block.tag, len(TAG_GROUPS)) for block in page.blocks])
    onehot = (group[:, None] == np.arange(len(TAG_GROUPS) + 1)).astype(np.float32)
    own, near, above, around = container_places(page.containers)
    index = np.array([block.container for block in page.blocks])
    width = len(KINDS_OF_PLACE)
    parts = (
        ("tag", (*TAG_GROUPS, "other"), onehot),
        ("own", tuple(KINDS_OF_PLACE), bits(own[index], width)),
        ("near", tuple(KINDS_OF_PLACE), bits(near[index], width)),
        ("above", tuple(KINDS_OF_PLACE), bits(above[index], width)),
        ("in", AROUND, bits(around[index], len(AROUND))),
    )
    for prefix, names, matrix in parts:
        out.add_all(prefix, names, matrix if html else np.full((count, len(names)), np.nan, np.float32))
    depth = np.array([page.containers[i].depth for i in index.tolist()], dtype=np.float32)
    out.add("depth", depth if html else np.full(count, np.nan))


def _add_hits(out: Columns, hits: Sequence[Sequence[Label]]) -> None:
    """Which labels the phrase rules give a block."""
    matrix = np.zeros((len(hits), len(_HIT_LABELS)), np.float32)
    for row, labels in enumerate(hits):
        for label in labels:
            if label in _HIT_LABELS:
                matrix[row, _HIT_LABELS.index(label)] = 1
    out.add_all("hit", [label.value for label in _HIT_LABELS], matrix)
    boilerplate = matrix[:, [_HIT_LABELS.index(label) for label in (Label.RELATED, Label.COMMENT)]].max(1)
    rows = np.arange(len(hits))
    last = np.maximum.accumulate(np.where(boilerplate > 0, rows, -1000))
    out.add("since_other_zone", np.log1p(rows - last))
    out.add("hits_around", rolling(matrix.max(1), 4))


def _add_position(out: Columns, page: Page, text: dict[str, Column]) -> None:
    """Where the block stands on the page, in blocks and in characters."""
    rows = np.arange(len(page.blocks))
    size, good = text["size"], text["good"]
    out.add("html", np.full(len(rows), float(page.kind is Kind.HTML)))
    out.add("page_blocks", np.full(len(rows), np.log1p(len(rows))))
    out.add("page_chars", np.full(len(rows), np.log1p(size.sum())))
    out.add("page_good_share", np.full(len(rows), good.sum() / size.sum()))
    out.add("row_share", rows / len(rows))
    out.add("rows_to_end", np.log1p(len(rows) - rows))
    out.add("chars_before", (np.cumsum(size) - size) / size.sum())
    total = max(float(good.sum()), 1.0)
    out.add("good_before", (np.cumsum(good) - good) / total)
    for reach in (2, 6, 15):
        out.add(f"good_around_{reach}", np.log1p(rolling(good, reach)))
        out.add(f"size_around_{reach}", np.log1p(rolling(size, reach)))
        out.add(f"good_share_around_{reach}", rolling(good, reach) / (rolling(size, reach) + 1))
    out.add("gap", np.array([block.gap for block in page.blocks], dtype=np.float32))
    indent = np.array([block.indent for block in page.blocks], dtype=np.float32)
    out.add("indent", indent)
    out.add("usual_indent", indent == _weighted_mode(indent, good))
    out.add("gapped_page", np.full(len(rows), np.mean([block.gap > 0 for block in page.blocks])))


def _weighted_mode(values: Column, weights: Column) -> float:
    """The value that most of the weight has."""
    kinds, inverse = np.unique(values, return_inverse=True)
    return float(kinds[np.argmax(np.bincount(inverse, weights))])


def group_ids(page: Page) -> Groups:
    """A number a block, the same for blocks of the same make: element, its class, its parent's class, indent."""
    keys: dict[object, int] = {}
    ids = []
    for block in page.blocks:
        parent = page.containers[block.container].parent
        elder = page.containers[parent].words if parent >= 0 else ""
        ids.append(keys.setdefault((block.tag, block.words, elder, block.indent), len(keys)))
    return np.array(ids, dtype=np.int64)


def _add_groups(out: Columns, page: Page, text: dict[str, Column], ids: Groups) -> None:
    """What the blocks of the same make have in common: a page's paragraphs share their element's look."""
    seen = Counter(block.text for block in page.blocks)
    members = np.bincount(ids)
    size, good, link = (np.bincount(ids, text[name]) for name in ("size", "good", "link"))
    out.add("repeats", np.log1p([seen[block.text] - 1 for block in page.blocks]))
    out.add("group_members", np.log1p(members[ids]))
    out.add("group_mean_size", np.log1p(size / members)[ids])
    out.add("group_good_share", (good / size)[ids])
    out.add("group_link_share", (link / size)[ids])
    out.add("group_of_page", (good / max(float(good.sum()), 1.0))[ids])


def _add_declared(out: Columns, page: Page) -> None:
    """How the block relates to the headline, the description and the body that the page declares."""
    count = len(page.blocks)
    rows = np.arange(count)
    after = np.full(count, np.nan) if page.headline is None else rows - page.headline
    out.add("after_title", np.sign(after) * np.log1p(np.abs(after)))
    out.add("is_title", after == 0)
    described = {fold(text)[:80] for text in page.declared.descriptions if len(text) > 30}
    first = {text[0] for text in described if text}
    out.add("is_described", np.array([_begins_with_any(block.text, described, first) for block in page.blocks]))
    declared = in_declared_body(page)
    out.add("in_declared_body", np.full(count, np.nan) if declared is None else declared)


def _begins_with_any(text: str, described: set[str], first: set[str]) -> bool:
    """Whether a text begins like a description; `first` are their first characters, since to fold is dear."""
    if len(text) <= 30 or not described or (text[0].isalnum() and text[0].casefold()[0] not in first):
        return False
    return fold(text[:160])[:80] in described


NEIGHBOURS = 3
_SEEN_BY_NEIGHBOURS = (
    *("chars", "link_share", "stopped", "good", "tag_p", "tag_h2", "tag_li", "group_of_page", "hits_around", "gap"),
    *("share_upper", "begins_upper"),
)


def _add_neighbours(out: Columns) -> None:
    """The three blocks before and after, by their most telling columns."""
    seen = shifts([out.values[out.names.index(name)] for name in _SEEN_BY_NEIGHBOURS], NEIGHBOURS)
    steps = [f"{side}{by}" for by in range(1, NEIGHBOURS + 1) for side in ("before", "after")]
    for name, rows in zip(_SEEN_BY_NEIGHBOURS, seen, strict=True):
        out.add_all(name, steps, rows.T)
