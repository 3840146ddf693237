"""Learn the weights of `tasks/dump_title.py` from text dumps with known titles, and say how often they are right.

    python benchmarks/dump_titles.py LABELLED...

LABELLED is a folder with truth.jsonl and pages/. Of each dump one line is the headline: conditional logit, five folds
by publisher. Prints the share of right lines on publishers not seen, and the weights learned from all.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from config.limits import Limits
from tasks.blocks import cut
from tasks.clean import clean_page
from tasks.decode import decode
from tasks.dump_title import WEIGHTS, Dump, candidates
from tasks.folding import squeeze
from tasks.labelled import LabelledPage, read_labelled
from tasks.page import Article, Kind, Page, Rejected
from tasks.phrases import load_phrases

FOLDS, ROUNDS, RATE, RIDGE = 5, 250, 0.05, 0.001
Choice = tuple[str, NDArray[np.float64], NDArray[np.bool_]]  # publisher, signs of each line, which line is right


def main() -> None:
    """Print the score and the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", nargs="+", type=Path)
    pages = read_labelled(parser.parse_args().labelled)
    choices = [choice for page in pages if (choice := choice_of(page)) is not None]
    groups = sorted({group for group, _, _ in choices})
    right = 0
    for fold in range(FOLDS):
        held = set(groups[fold::FOLDS])
        weights = learned([choice for choice in choices if choice[0] not in held])
        right += sum(bool(is_right[np.argmax(signs @ weights)]) for group, signs, is_right in choices if group in held)
    print(f"{len(choices)} dumps, right on publishers not seen: {right / len(choices):.3f}")
    for sign, weight in zip(WEIGHTS, learned(choices), strict=True):
        print(f'    "{sign}": {weight:.2f},')


def choice_of(page: LabelledPage) -> Choice | None:
    """The lines of a dump that may be its headline; None where the known title is not among them."""
    source, article = decode(page.raw, Limits()), clean_page(page.raw)
    if isinstance(source, Rejected) or source.kind is not Kind.DUMP or not isinstance(article, Article):
        return None
    cutting = cut(source)
    if not isinstance(cutting, Page) or not page.truth.get("title"):
        return None
    phrases, kept = load_phrases(), {block.text for block in article.blocks if block.kept}
    named = [{phrases.rules[index].label for index in hits} for hits in phrases.hits(b.text for b in cutting.blocks)]
    title = squeeze(page.truth["title"])
    found = candidates(Dump(cutting.blocks, [block.text in kept for block in cutting.blocks], named))
    is_right = np.array([squeeze(cutting.blocks[row].text) == title for row, _ in found], bool)
    signs = np.array([[values[sign] for sign in WEIGHTS] for _, values in found])
    return (page.group, signs, is_right) if is_right.any() else None


def learned(choices: list[Choice]) -> NDArray[np.float64]:
    """The weights under which the right lines are likeliest: Adam on the ridged log likelihood."""
    weights = np.zeros(len(WEIGHTS))
    mean, spread = weights.copy(), weights.copy()
    for step in range(1, ROUNDS + 1):
        slope = RIDGE * weights
        for _, signs, is_right in choices:
            chances = np.exp(signs @ weights - (signs @ weights).max())
            wanted = chances * is_right
            slope += signs.T @ (chances / chances.sum() - wanted / wanted.sum()) / len(choices)
        mean, spread = 0.9 * mean + 0.1 * slope, 0.99 * spread + 0.01 * slope**2
        weights -= RATE * mean / (1 - 0.9**step) / (np.sqrt(spread / (1 - 0.99**step)) + 1e-8)
    return weights


if __name__ == "__main__":
    main()
