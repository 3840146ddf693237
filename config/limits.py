"""The limits that one page must keep, so that no page can stop or swamp a run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a page may cost. Sizes in bytes, times in seconds.

    A page over a limit becomes a `Rejected` with the reason that names the limit.
    """

    max_page_bytes: int = 32_000_000  # after decompression
    page_seconds: float = 20.0
    page_megabytes: int = 2000  # of memory, on top of what the process has; counted on Linux alone
    min_words: int = 25  # fewer kept words are no article
