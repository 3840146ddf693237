"""Label every block: the model says body or not, rules overrule it where they are certain, and both name the rest."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tasks.boxes import Opener, Renamed, boxed, frames, menus_and_stories
from tasks.bridge import BODY, bridged
from tasks.captions import boxed_captions, caption_parts, credited_lines
from tasks.comments import readers_comments
from tasks.decks import deck_rows
from tasks.dump_title import Dump, dump_title_row
from tasks.folding import squeeze
from tasks.headline_runs import headline_runs
from tasks.model import BodyModel, load_model
from tasks.neighbours import by_neighbours, notes_on_authors
from tasks.other_stories import other_stories
from tasks.page import KEPT, Block, Kind, Label, LabelledBlock, Page
from tasks.phrases import Part, Phrases, Rule, Strength, load_phrases
from tasks.places import PLACE_BIT, place_bits
from tasks.publisher_rules import overruled
from tasks.surroundings import surroundings
from tasks.titles import kicker_row
from tasks.verdict import Verdict
from tasks.words import STOPS

CORRECTION = 0.15  # an editor's note reads like boilerplate: less is asked of it
CERTAIN = 0.99  # confidence of a rule's verdict
SPLIT_CHARS = 400  # longer blocks are no credit line, whatever they hold
# Words that sites give to boxes around the article alone. In one, the model must be surer that a block is body.
BOX_LABELS = {"related": Label.RELATED, "promo": Label.PROMO, "newsletter": Label.PROMO, "recirc": Label.RELATED}
BOXES = re.compile(rf"(?:^|[^a-z])({'|'.join(BOX_LABELS)})")
SURELY_BODY = 0.9
MENU = frozenset((Label.NAVIGATION, Label.LEGAL, Label.SHARE))
MENU_CHARS = 40  # of the longest menu word, such as "Imprint"
WHOLE = KEPT | {Label.TITLE, Label.LEGAL}  # what is not told apart into caption and credit
UNDER_NO_IMAGE = frozenset((Label.LEGAL, Label.BYLINE))
HEADING = 0.2
SENTENCES, PARAGRAPH_CHARS = 0.35, 80
INNER_STOP = re.compile(rf"[{STOPS}][\"'”’»)]* \S")
CLOSING = "\"'”’»)"
HEADINGS = frozenset(("h2", "h3", "h4"))
CAPTION_CHARS = 1_000
MOST_PULLED = 100  # quotations of a page that are compared with all its blocks
PULLED = 25  # letters and digits of the shortest pull quote
QUOTES = frozenset(("blockquote", "aside", "q"))

# What the words of an element's class say of a block that is not body; the first that fits names it.
PLACES: tuple[tuple[int, Label, int], ...] = (  # kind of place, label, longest text in characters
    (PLACE_BIT["comment"], Label.COMMENT, 100_000),
    (PLACE_BIT["legal"], Label.LEGAL, 100_000),
    (PLACE_BIT["credit"], Label.CREDIT, 200),
    (PLACE_BIT["caption"], Label.CAPTION, 1_000),
    (PLACE_BIT["bio"], Label.BIO, 2_000),
    (PLACE_BIT["byline"], Label.BYLINE, 300),
    (PLACE_BIT["share"], Label.SHARE, 200),
    (PLACE_BIT["paywall"], Label.PAYWALL, 1_000),
    (PLACE_BIT["promo"], Label.PROMO, 1_000),
    (PLACE_BIT["advert"], Label.ADVERT, 300),
    (PLACE_BIT["related"], Label.RELATED, 1_000),
)


def label(page: Page, phrases: Phrases | None = None, model: BodyModel | None = None) -> tuple[LabelledBlock, ...]:
    """The blocks of a page (of at least one block) with their labels and reasons, in reading order.

    A block that holds several things ("caption (photo credit: name)") comes back as several blocks.
    """
    phrases = phrases or load_phrases()
    model = model or load_model()
    hits = phrases.hits(block.text for block in page.blocks)
    rules = [[phrases.rules[index] for index in found] for found in hits]
    chances = model.probabilities(page, [[rule.label for rule in found] for found in rules]).tolist()
    chances = bridged(page, chances)
    around = surroundings(page)
    boxes = [_box(block, page) or around[block.container] for block in page.blocks]
    verdicts = [_decide(*each) for each in zip(page.blocks, rules, chances, boxes, strict=True)]
    _rename(verdicts, headline_runs(page, verdicts))  # first of all, as the headline stands above what is kept
    _name_head(page, verdicts, rules)
    found = frames(page)
    _rename(verdicts, boxed(page, found, _labels(verdicts), _openers(rules)))
    _name_pull_quotes(page, verdicts)
    for row in boxed_captions(page, _labels(verdicts)):
        verdicts[row] = Verdict(Label.CAPTION, "by an image", verdicts[row].confidence)
    for row in credited_lines(page, _labels(verdicts)):
        verdicts[row] = Verdict(Label.CAPTION, "ends with a credit", verdicts[row].confidence)
    guessed = frozenset(row for row, verdict in enumerate(verdicts) if verdict.reason == "element")
    _rename(verdicts, menus_and_stories(page, found, _labels(verdicts), guessed))
    _rename(verdicts, by_neighbours(page, _labels(verdicts), [verdict.reason for verdict in verdicts]))
    _rename(verdicts, notes_on_authors(page, _labels(verdicts)))
    _keep_sentences(page, verdicts)
    _keep_headings(page, verdicts)
    _rename(verdicts, other_stories(page, _labels(verdicts)))
    _rename(verdicts, readers_comments(page, verdicts, rules))
    said = overruled(page, _labels(verdicts), [verdict.reason for verdict in verdicts])
    for row, named, reason in said:  # the publisher's rules have the last word
        verdicts[row], rules[row] = Verdict(named or _body_label(page.blocks[row]), reason, CERTAIN), []
    return tuple(_parts(page.blocks, verdicts, rules, phrases))


def _decide(block: Block, rules: Sequence[Rule], chance: float, box: Label | None) -> Verdict:
    """Body or not, and the name that the block's own rules and element give it."""
    if box is Label.CAPTION:  # "All rights reserved" or "Reuters" under an image is its credit
        rules = [rule for rule in rules if rule.label not in UNDER_NO_IMAGE]
    if rules and (ruled := _by_rules(rules, chance)) is not None:
        return ruled
    if chance >= BODY and box is not Label.CAPTION and chance >= _least(block, rules, box):
        return Verdict(_body_label(block), "model", chance)
    for rule in rules:
        if rule.label not in KEPT:
            return Verdict(rule.label, rule.id, 1 - chance)
    return Verdict(box, "element", max(chance, 1 - chance)) if box else Verdict(*_by_element(block), 1 - chance)


def _by_rules(rules: Sequence[Rule], chance: float) -> Verdict | None:
    """What rules say that are certain, or nearly so."""
    strict = min((rule for rule in rules if rule.strength is not Strength.NAME), key=_first, default=None)
    if strict is not None and strict.label not in KEPT:
        return Verdict(strict.label, strict.id, CERTAIN)
    correction = next((rule for rule in rules if rule.label is Label.CORRECTION), None)
    if correction is not None and chance >= CORRECTION:
        return Verdict(Label.CORRECTION, correction.id, max(chance, 1 - chance))
    return None


def _least(block: Block, rules: Sequence[Rule], box: Label | None) -> float:
    """How sure the model must be that the block is body: `BODY` at the least."""
    is_menu_word = len(block.text) <= MENU_CHARS and any(rule.label in MENU for rule in rules)
    return SURELY_BODY if box is not None or block.tag == "button" or is_menu_word else BODY


def _box(block: Block, page: Page) -> Label | None:
    """What the element, or the one around it, is made for, where its name leaves no doubt."""
    if len(block.text) > CAPTION_CHARS or page.kind is Kind.DUMP:
        return None
    parent = page.containers[page.containers[block.container].parent]
    if block.tag == "figcaption" or parent.tag == "figcaption":
        return Label.CAPTION
    return _box_named(block.words, parent.words) if block.words or parent.words else None


@lru_cache(maxsize=50_000)  # a site's elements have the same names on all its pages
def _box_named(words: str, around: str) -> Label | None:
    """What the words of an element and of the one around it say that it is made for."""
    if "caption" in words or "caption" in around:
        return Label.CAPTION
    found = BOXES.search(f"{words} {around}")
    return BOX_LABELS[found.group(1)] if found else None


def _first(rule: Rule) -> bool:
    """Of several strict rules one that tells the block's parts apart says the most."""
    return rule.strength is not Strength.SPLIT


def _body_label(block: Block) -> Label:
    """What a block of the body is, by its element; in a dump all is a paragraph."""
    tag = block.tag
    if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
        return Label.HEADING
    if tag in ("li", "dd", "dt"):
        return Label.LIST_ITEM
    if tag in ("tr", "td", "th"):
        return Label.TABLE
    return Label.QUOTE if tag in QUOTES else Label.PARAGRAPH


def _by_element(block: Block) -> tuple[Label, str]:
    """The label that the block's element speaks for, and the reason."""
    if block.tag in ("figcaption", "caption"):
        return Label.CAPTION, "element"
    if block.datetime is not None and len(block.text) < 100:
        return Label.TIMESTAMP, "element"
    bits = place_bits(block.words)
    for bit, found, longest in PLACES if bits else ():
        if bits & bit and len(block.text) <= longest:
            return found, "element"
    return Label.NAVIGATION, "model"


def _name_head(page: Page, verdicts: list[Verdict], rules: Sequence[Sequence[Rule]]) -> None:
    """Name the title, and the deck and kicker next to it."""
    kept = [verdict.label in KEPT for verdict in verdicts]
    if page.kind is Kind.HTML:
        row = page.headline
    else:
        row = dump_title_row(Dump(page.blocks, kept, [{rule.label for rule in found} for found in rules]))
    if row is None:
        return
    title = page.blocks[row].text
    for at, block in enumerate(page.blocks):
        if block.text == title and (at == row or not kept[at]):
            verdicts[at] = Verdict(Label.TITLE, "headline", verdicts[at].confidence)
    above = kicker_row(page, title, row)
    if above is not None and verdicts[above].label not in KEPT:
        verdicts[above] = Verdict(Label.KICKER, "above the headline", verdicts[above].confidence)
    for at in deck_rows(page, verdicts, [bool(found) for found in rules], row):
        verdicts[at] = Verdict(Label.DECK, "below the headline", verdicts[at].confidence)


def _openers(rules: Sequence[Sequence[Rule]]) -> dict[int, Opener]:
    """The headers of boxes, such as "Related content", by row."""
    return {
        row: Opener(rule.label, rule.id)
        for row, found in enumerate(rules)
        if (rule := next((rule for rule in found if rule.strength is Strength.CUT), None)) is not None
    }


def _labels(verdicts: Sequence[Verdict]) -> list[Label]:
    return [verdict.label for verdict in verdicts]


def _rename(verdicts: list[Verdict], names: Iterable[Renamed]) -> None:
    for each in names:
        sure = CERTAIN if each.is_certain else verdicts[each.row].confidence
        verdicts[each.row] = Verdict(each.label, each.reason, sure)


def _name_pull_quotes(page: Page, verdicts: list[Verdict]) -> None:
    """A quotation set apart that repeats a sentence of the body is a teaser of it."""
    kept = [verdict.label in KEPT for verdict in verdicts]
    rows = [row for row, block in enumerate(page.blocks) if kept[row] and _is_set_apart(block, page)]
    if not rows:
        return
    bodies = [squeeze(block.text) if keeps else "" for block, keeps in zip(page.blocks, kept, strict=True)]
    for row in rows[:MOST_PULLED]:
        own = bodies[row]
        if len(own) >= PULLED and any(
            own in body for at, body in enumerate(bodies) if len(body) > len(own) or at < row
        ):
            verdicts[row] = Verdict(Label.PROMO, "repeats the body", verdicts[row].confidence)


def _is_set_apart(block: Block, page: Page) -> bool:
    """Whether the block, or what is right around it, is made for a quotation."""
    parent = page.containers[block.container].parent
    around = page.containers[parent].words if parent >= 0 else ""
    return block.tag in QUOTES or bool((place_bits(block.words) | place_bits(around)) & PLACE_BIT["quote"])


def _keep_sentences(page: Page, verdicts: list[Verdict]) -> None:
    """Several whole sentences right below a paragraph of the body are its next one, though the model was not sure.

    Of 16 such lines on pages that no model had seen 11 were body.
    """
    for row in range(1, len(verdicts)):
        verdict, above = verdicts[row], verdicts[row - 1]
        is_doubtful = verdict.reason == "model" and verdict.label is Label.NAVIGATION
        if is_doubtful and 1 - verdict.confidence >= SENTENCES and above.label in KEPT:
            is_below_text = len(page.blocks[row - 1].text) >= PARAGRAPH_CHARS
            if is_below_text and _has_sentences(page.blocks[row].text):
                verdicts[row] = Verdict(_body_label(page.blocks[row]), "below the body", 1 - verdict.confidence)


def _has_sentences(text: str) -> bool:
    """Whether a text is two whole sentences or more."""
    return text.rstrip(CLOSING).endswith(tuple(STOPS)) and INNER_STOP.search(text) is not None


def _keep_headings(page: Page, verdicts: list[Verdict]) -> None:
    """A heading right above a paragraph of the body belongs to it, though the model was not quite sure."""
    for row, block in enumerate(page.blocks[:-1]):
        verdict = verdicts[row]
        is_heading = block.tag in HEADINGS and verdict.reason == "model" and verdict.label is Label.NAVIGATION
        if is_heading and 1 - verdict.confidence >= HEADING:
            below = next((each for each in verdicts[row + 1 : row + 3] if each.label is not Label.TIMESTAMP), verdict)
            if below.label is Label.PARAGRAPH:
                verdicts[row] = Verdict(Label.HEADING, "above the body", verdict.confidence)


def _parts(
    blocks: Sequence[Block], verdicts: Sequence[Verdict], rules: Sequence[Sequence[Rule]], phrases: Phrases
) -> list[LabelledBlock]:
    """The labelled blocks, those that hold several things cut up."""
    out = []
    for block, verdict, found in zip(blocks, verdicts, rules, strict=True):
        parts = _split(block, found, phrases) if found and verdict.label not in WHOLE else None
        if parts:
            rule, pieces = parts
            out += [LabelledBlock(piece.text, piece.label, rule.id, verdict.confidence) for piece in pieces]
        elif halves := _credited(block, verdict):
            sure = round(verdict.confidence, 4)
            out += [LabelledBlock(text, label, verdict.reason, sure) for label, text in halves]
        else:
            out.append(LabelledBlock(block.text, verdict.label, verdict.reason, round(verdict.confidence, 4)))
    return out


def _split(block: Block, rules: Sequence[Rule], phrases: Phrases) -> tuple[Rule, tuple[Part, ...]] | None:
    if len(block.text) > SPLIT_CHARS:
        return None
    for rule in rules:
        if rule.strength is Strength.SPLIT and (pieces := phrases.split(block.text, rule)):
            return rule, pieces
    return None


def _credited(block: Block, verdict: Verdict) -> tuple[tuple[Label, str], ...]:
    """The caption and the credit of a caption, or of a line of a dump that nothing else names."""
    is_caption = verdict.label is Label.CAPTION
    is_line = not block.tag and verdict.label is Label.NAVIGATION and verdict.reason == "model"
    return caption_parts(block.text, is_caption) if is_caption or is_line else ()
