"""The section that an article stands in, where the page declares none: of the trail of links over the headline."""

from collections.abc import Collection

from tasks.folding import squeeze
from tasks.page import Kind, Page

REACH = 12  # blocks above the headline in which the trail is looked for
LONGEST, MOST_WORDS = 40, 4
UP = 3  # elements up from a block that may mark it as part of a trail
TRAILS = ("breadcrumb", "bread-crumb")
HOME = frozenset((
    "home", "homepage", "start", "startseite", "accueil", "inicio", "portada", "início", "capa", "hem", "hjem",
    "forside", "forsiden", "etusivu", "főoldal", "úvod", "domů", "hlavnístránka", "stronagłówna", "anasayfa", "beranda",
    "trangchủ", "главная", "головна", "الرئيسية", "首页", "首頁", "ホーム", "トップ", "top", "홈",
))  # fmt: skip


def shown_section(page: Page, title: str | None, title_row: int | None, names: Collection[str]) -> str | None:
    """The last step of the trail before the article; `names` are the site's. None where there is no trail."""
    if page.kind is Kind.DUMP or title_row is None:
        return None
    own = squeeze(title or "")
    site = {squeeze(name) for name in names}
    for row in range(title_row - 1, max(-1, title_row - 1 - REACH), -1):
        text = " ".join(page.blocks[row].text.split()).strip(" /›»>|·")
        key = squeeze(text)
        if not key or len(text) > LONGEST or len(text.split()) > MOST_WORDS or not _is_step(page, row):
            continue
        if key not in HOME and key not in site and key not in own:
            return text
    return None


def _is_step(page: Page, row: int) -> bool:
    block = page.blocks[row]
    if any(word in block.words for word in TRAILS):
        return True
    place = page.containers[block.container].parent
    for _ in range(UP):
        if place < 0:
            return False
        if any(word in page.containers[place].words for word in TRAILS):
            return True
        place = page.containers[place].parent
    return False
