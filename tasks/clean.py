"""Clean one page: the whole line from bytes to article, and the public Python API.

from tasks.clean import clean_page
from tasks.model import BodyModel
from tasks.page import RawPage

result = clean_page(RawPage("story.html", content))   # an Article, or a Rejected with its reason
"""

import hashlib

from config.limits import Limits
from tasks.blocks import cut, is_cut_short
from tasks.confidence import page_confidence
from tasks.decode import decode
from tasks.label import label
from tasks.metadata import metadata
from tasks.model import BodyModel
from tasks.page import Article, RawPage, Rejected, RejectReason
from tasks.publishers import Publishers, load_publishers
from tasks.reject import verdict
from tasks.uncollected import uncollected
from tasks.walk import MAX_BLOCKS

DEFAULT_LIMITS = Limits()


@uncollected()
def clean_page(
    raw: RawPage,
    limits: Limits = DEFAULT_LIMITS,
    model: BodyModel | None = None,
    publishers: Publishers | None = None,
) -> Article | Rejected:
    """The article of a raw page, or why it has none. Raises nothing for a bad page.

    `model` is another body model, `publishers` are other publishers' rules than those that come with the program.
    """
    digest = hashlib.sha256(raw.content).hexdigest()

    def reject(reason: RejectReason, detail: str) -> Rejected:
        return Rejected(raw.source_name, reason, detail, digest, raw.url, len(raw.content))

    source = decode(raw, limits)
    if isinstance(source, Rejected):
        return reject(source.reason, source.detail)
    page = cut(source, publishers or load_publishers())
    if isinstance(page, Rejected):
        return reject(page.reason, page.detail)
    if not page.blocks:
        return reject(RejectReason.NO_TEXT, "no visible text")
    if is_cut_short(page, source):
        return reject(RejectReason.TOO_LARGE, f"{MAX_BLOCKS:,} blocks of text or more")
    blocks = label(page, model=model)
    if (bad := verdict(page, blocks, limits)) is not None:
        return reject(*bad)
    return Article(raw.source_name, digest, metadata(page, blocks), blocks, page_confidence(blocks))
