"""Measure the finding of duplicates: precision and recall on labelled pairs, and what it costs as an archive grows.

    python benchmarks/duplicates.py pairs LABELLED...
    python benchmarks/duplicates.py growth [--rows 10000 100000 1000000]

`pairs` takes folders with truth.jsonl, whose articles' bodies are edited as papers edit what an agency sends (the same
article), and as publishers fill in forms (another article). `growth` makes up that many texts, indexes them, and asks
for 20,000 more, a tenth of them copies.
"""

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from outputs.known_texts import read_texts
from outputs.layout import Layout, Table
from outputs.minhash import HASHES, signature, similarity
from outputs.relations import Relations
from outputs.text_index import LEAST_SIMILARITY, TEXT, Texts, new_texts

LEAST_WORDS = 60
BATCH = 2000
PART = 20_000
THRESHOLDS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
_COPY_EDITS = ("said", "the", "a", "new", "reportedly", "its", "two", "programme")

Edit = Callable[[str, random.Random], str]


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("pairs").add_argument("labelled", nargs="+", type=Path)
    commands.add_parser("growth").add_argument("--rows", nargs="+", type=int, default=[10_000, 100_000, 1_000_000])
    asked = parser.parse_args()
    if asked.command == "pairs":
        pairs(asked.labelled)
    else:
        for rows in asked.rows:
            growth(rows)


def pairs(folders: Sequence[Path]) -> None:
    """Print the share found of each kind of pair, then precision and recall by threshold."""
    texts = bodies(folders)
    rng = random.Random(0)  # noqa: S311
    same = {name: [(text, edit(text, rng)) for text in texts] for name, edit in edits(texts).items()}
    other = {
        "form, a fifth filled in": [(fill(text, rng, 0.1), fill(text, rng, 0.1)) for text in texts],
        "short text, boilerplate": list(boilerplate(texts)),
        "most like another article": list(nearest(texts)),
    }
    print(f"{len(texts):,} texts; found at {LEAST_SIMILARITY}, by the index as in a run")
    scores: dict[bool, list[float]] = {True: [], False: []}
    for is_same, kinds in ((True, same), (False, other)):
        for name, kind in kinds.items():
            found = sum(map(is_found, kind))
            scores[is_same] += [score(*pair) for pair in kind]
            print(f"{'the same ' if is_same else 'another  '} {name:<32} {found / len(kind):7.1%} of {len(kind)}")
    print("threshold  precision  recall   (by signature, without the index)")
    for threshold in THRESHOLDS:
        right = sum(value >= threshold for value in scores[True])
        wrong = sum(value >= threshold for value in scores[False])
        print(f"{threshold:9}  {right / (right + wrong):9.1%}  {right / len(scores[True]):6.1%}")


def bodies(folders: Sequence[Path]) -> list[str]:
    """The folders' articles, each once."""
    found: dict[str, str] = {}
    for folder in folders:
        for line in (folder / "truth.jsonl").read_text("utf-8").splitlines():
            body = json.loads(line).get("body") or ""
            if len(body.split()) >= LEAST_WORDS:
                found.setdefault(" ".join(body.split())[:200], body)
    return list(found.values())


def edits(texts: Sequence[str]) -> dict[str, Edit]:
    """What becomes of an agency's text on its way into a paper."""
    return {
        "another dateline and first words": lambda text, _: f"CAPITAL CITY (Agency) - On Tuesday, {text}",
        "cut by 15 % from its end": lambda text, _: cut(text, 0.15),
        "cut by 30 % from its end": lambda text, _: cut(text, 0.30),
        "a paragraph dropped": dropped,
        "a paragraph added": lambda text, rng: added(text, rng, texts),
        "2 % of the words changed": lambda text, rng: fill(text, rng, 0.02),
        "4 % of the words changed": lambda text, rng: fill(text, rng, 0.04),
        "caption, share and contact lines": lambda text, _: f"Photo: Agency\n{text}\nShare this story\nContact us",
        "dateline, dropped, added, 1 %": lambda text, rng: fill(
            added(dropped(f"CAPITAL (Agency) - {text}", rng), rng, texts), rng, 0.01
        ),
    }


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text."""
    return [paragraph for paragraph in text.split("\n") if paragraph.strip()]


def cut(text: str, share: float) -> str:
    """Drop the last words, and the rest of their sentence stays away, too."""
    words = re.findall(r"\S+\s*", text)
    return "".join(words[: round(len(words) * (1 - share))])


def dropped(text: str, rng: random.Random) -> str:
    """Drop a paragraph of the middle that is at most a quarter of the text."""
    kept = paragraphs(text)
    small = [place for place in range(1, len(kept) - 1) if len(kept[place]) <= len(text) / 4]
    if small:
        kept.pop(rng.choice(small))
    return "\n".join(kept)


def added(text: str, rng: random.Random, texts: Sequence[str]) -> str:
    """Add a paragraph of background that is at most a quarter of the text."""
    kept = paragraphs(text)
    words = re.findall(r"\S+\s*", rng.choice(texts))
    kept.insert(rng.randrange(1, len(kept) + 1), "".join(words[: min(40, len(text.split()) // 4)]))
    return "\n".join(kept)


def fill(text: str, rng: random.Random, share: float) -> str:
    """Change a share of the words."""

    def changed(match: re.Match[str]) -> str:
        return match[0] if rng.random() > share else rng.choice((*_COPY_EDITS, str(rng.randrange(1000))))

    return re.sub(r"\w+", changed, text)


def boilerplate(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Short news of one publisher: 60 words each, and 60 words that all of its pages have."""
    for place in range(0, len(texts) - 2, 3):
        first, second, common = (" ".join(text.split()[:60]) for text in texts[place : place + 3])
        yield f"{first}\n{common}", f"{second}\n{common}"


def nearest(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each article and the one of all others that is most like it: the same event where there is one."""
    signatures = np.array([list(bytes.fromhex(signature(text) or "")) for text in texts], np.uint8)
    for place, text in enumerate(texts):
        equal = (signatures == signatures[place]).sum(axis=1)
        equal[place] = -1
        yield text, texts[int(equal.argmax())]


def score(one: str, other: str) -> float:
    """The estimated similarity of two texts."""
    minhashes = (bytes.fromhex(signature(text) or "00" * HASHES) for text in (one, other))
    return similarity(sum(a == b for a, b in zip(*minhashes, strict=True)))


def is_found(pair: tuple[str, str]) -> bool:
    """Whether the second text is found to repeat the first."""
    texts = new_texts([signature(text) for text in pair], ["00" * 10, "11" * 10], [None] * 2, ["00" * 8, "11" * 8])
    return Relations([], Path()).settle(texts)[1].duplicate_of is not None


def growth(rows: int) -> None:
    """Make up an archive's columns, index them as a run does, and settle batches against them."""
    rng = np.random.default_rng(rows)
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder) / "archive")
        for number, start in enumerate(range(0, rows, PART)):
            write_part(layout, number, made_up(rng, min(PART, rows - start)))
        began = time.process_time()
        [known] = read_texts(layout, Path(folder))
        built, own = time.process_time() - began, memory("RssAnon")
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.npy"))
        relations = Relations([known], Path(folder))
        spent, found = 0.0, 0
        for _ in range(10):
            texts = made_up(rng, BATCH)
            texts["minhash"][::10] = known.texts["minhash"][rng.integers(rows, size=BATCH // 10)]
            began = time.process_time()
            found += sum(each.duplicate_of is not None for each in relations.settle(texts))
            spent += time.process_time() - began
        print(
            f"{rows:>10,} rows: index {size / rows:.0f} bytes a row on disk, built in {built:.1f} s of CPU; "
            f"{spent / (10 * BATCH) * 1000:.3f} ms a text, {found:,} of 2,000 copies found; memory of the process "
            f"{own:,.0f} MB after building, then {memory('RssAnon'):,.0f} MB and {memory('RssFile'):,.0f} MB mapped",
            flush=True,
        )


def memory(kind: str) -> float:
    """What Linux says of this process, in MB."""
    [line] = [line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith(kind)]
    return int(line.split()[1]) / 1024


def made_up(rng: np.random.Generator, count: int) -> Texts:
    """Texts that have nothing in common, each at an address of its own."""
    texts = np.zeros(count, TEXT)
    texts["minhash"] = rng.integers(0, 256, (count, HASHES), np.uint8)
    texts["id"] = texts["root"] = np.frombuffer(rng.bytes(10 * count), "V10")
    texts["url"] = texts["root_url"] = rng.integers(1, 2**63, count, np.uint64)
    texts["text"] = rng.integers(1, 2**63, count, np.uint64)
    texts["revision"] = 1
    return texts


def write_part(layout: Layout, number: int, texts: Texts) -> None:
    """Write the columns that the index is read from."""
    path = layout.part(Table.ARTICLES, date(2024, 1, 1), "20240101T000000Z-000000", number)
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {
        "article_id": [text["id"].tobytes().hex() for text in texts],
        "url": [f"https://news.example/{text['url']}" for text in texts],
        "minhash": [text["minhash"].tobytes().hex() for text in texts],
        "text_sha256": [f"{text['text']:064x}" for text in texts],
        "duplicate_of": pa.nulls(len(texts), pa.string()),
        "revision": pa.array([1] * len(texts), pa.int32()),
        "archived_at": pa.array([number] * len(texts), pa.timestamp("us", "UTC")),
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


if __name__ == "__main__":
    main()
