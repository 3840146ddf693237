"""The article's images: address, caption without its credit, and credit."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tasks.addresses import absolute_url
from tasks.captions import split_caption
from tasks.page import Image, Label, LabelledBlock, Page, Picture

MAX_IMAGES = 50
MAX_CAPTION = 1_000  # characters
NEAR = 3  # blocks between a picture and its caption
FIGURES = 4  # elements up from a picture in which its figure is looked for

_ANNOUNCES = re.compile(
    r"^\W{0,3}(?:(?:photo|image|picture|illustration|video|file photo|photograph|graphic|fotos?|bild(?:er)?|"
    r"fotograf[ií]a|fotoğraf|imagen|imagem|immagine|cr[eé]dits?|quelle|source|fuente|fonte|bron|beeld|kilde|illustrasjon|zdjęcie|"
    r"isithombe|ảnh|nuotr\.|dok\.|ljósmynd|kuva|kép|görsel|gambar|φωτογραφία|صورة|фото|фотография)"
    r"(?:\s?(?:credits?|courtesy|crédit|quelle|source|provided|archiv))?(?:\s(?:by|of|from|via|de|von|par))?|"
    r"courtesy(?:\sof)?|credits?|via|copyright|写真|撮影|图片来源|사진)\s{0,2}(?:[:=/\-–—：]\s{0,2}|\s|(?=©))|"
    r"^\W{0,3}(?:©|\(c\)|℗)\s?",
    re.IGNORECASE,
)
_STRAY_STOP = re.compile(r"([?!…])\s?\.$")
_FURNITURE = re.compile(
    r"avatar|logo|icon|author|profile|byline|gravatar|sprite|pixel|badge|advert|related|promo|share|comment"
)


def find_images(
    page: Page, blocks: Sequence[LabelledBlock], rows: Sequence[int], base: str | None
) -> tuple[Image, ...]:
    """The images that the page declares or shows in the article; `rows` are the page's blocks of the labelled ones.

    Addresses are made absolute by `base`.
    """
    shown = list(_shown(page, blocks, rows))
    declared = [image for image in page.declared.images if image.url or image.caption]
    shown = [_completed(image, declared) for image in shown]
    if shown and shown[0].url is None and declared and not any(image.url for image in shown):
        shown[0] = replace(shown[0], url=declared[0].url)
    images = shown + [image for image in declared if image.caption or not shown]
    return tuple(_unique(replace(image, url=absolute_url(image.url, base)) for image in images))[:MAX_IMAGES]


def _completed(image: Image, declared: Sequence[Image]) -> Image:
    """A shown image with what the page declares of it."""
    for other in declared:
        if other.caption and image.caption and image.caption.startswith(other.caption):
            rest = tidy_credit(image.caption[len(other.caption) :])
            return Image(image.url or other.url, other.caption, image.credit or other.credit or rest)
        if image.url and _file(image.url) == _file(other.url) and image.credit is None:
            return replace(image, credit=other.credit)
    return image


def _unique(images: Iterator[Image]) -> Iterator[Image]:
    seen: set[str] = set()
    for image in images:
        keys = {key for key in (_file(image.url), image.caption) if key} or {image.credit or ""}
        if not keys & (seen | {""}):
            seen |= keys
            yield image


def _file(url: str | None) -> str | None:
    """The last part of an image's address, without the scaling that often follows it."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2] if url else None


def _shown(page: Page, blocks: Sequence[LabelledBlock], rows: Sequence[int]) -> Iterator[Image]:
    """The captions and credits in reading order, each with the picture that it stands by."""
    pictures = [picture for picture in page.pictures if not _is_furniture(page, picture)]
    last: tuple[int, Image] | None = None
    for row, block in zip(rows, blocks, strict=True):
        if block.label is not Label.CAPTION and block.label is not Label.CREDIT:
            continue
        image = _image(page, row, block)
        if last is not None and row - last[0] <= 1 and (joined := _joined(last[1], image)):
            last = (row, joined)
            continue
        if last is not None:
            yield last[1]
        last = (row, replace(image, url=_picture_at(pictures, row)))
    if last is not None:
        yield last[1]


def _image(page: Page, row: int, block: LabelledBlock) -> Image:
    if block.label is Label.CREDIT:
        return Image(None, None, tidy_credit(block.text))
    whole = " ".join(_with_stop(page.blocks[row].text, block.text)[:MAX_CAPTION].split())
    caption, credit = split_caption(whole)
    return Image(None, tidy_caption(caption), tidy_credit(credit))


def _with_stop(whole: str, caption: str) -> str:
    """The caption with the full stop that was cut off it with the credit."""
    after = whole.partition(caption)[2].lstrip("”’\"'»)")
    return f"{caption}." if after.startswith(".") and caption[-1:].isalnum() else caption


def _joined(one: Image, other: Image) -> Image | None:
    """A caption and the credit beside it as one image; None where both have the same part."""
    if (one.caption and other.caption) or (one.credit and other.credit):
        return None
    return replace(one, caption=one.caption or other.caption, credit=one.credit or other.credit)


def _picture_at(pictures: list[Picture], row: int) -> str | None:
    """The picture just before a block, else just after it; each is given away once."""
    before = [picture for picture in pictures if 0 <= row - picture.before <= NEAR]
    after = [picture for picture in pictures if picture.before == row + 1]
    found = before[-1] if before else after[0] if after else None
    if found is not None:
        pictures.remove(found)
    return found.url if found else None


def _is_furniture(page: Page, picture: Picture) -> bool:
    place = picture.container
    for _ in range(FIGURES):
        if place < 0:
            break
        container = page.containers[place]
        if container.tag == "figure":
            return False
        if _FURNITURE.search(container.words):
            return True
        place = container.parent
    return picture.url.endswith((".svg", ".gif"))


def tidy_caption(text: str) -> str | None:
    """A caption without the stop that was set after its question mark, and without empty brackets."""
    text = " ".join(text.split()).replace("()", "").strip(" |(/")
    return _STRAY_STOP.sub(r"\1", text) or None


def tidy_credit(text: str) -> str | None:
    """A credit without the words that announce it: "(photo credit: REUTERS)" names REUTERS."""
    text = " ".join(text.split()).strip(" |()[].,;/")
    for _ in range(2):
        text = _ANNOUNCES.sub("", text, count=1).strip(" |()[],;/:")
    return text or None
