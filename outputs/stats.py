"""What an archive holds, in figures: one query each."""

from typing import Any

from outputs.views import Views

FIELDS = (
    "url", "publisher", "title", "kicker", "deck", "authors", "author_bio", "dateline", "section", "tags", "language",
    "published_at", "modified_at", "published_zone", "images",
)  # fmt: skip
_LISTS = frozenset(("authors", "tags", "images"))

_TOTALS = """
SELECT count(*) AS articles, count(DISTINCT publisher) AS publishers, coalesce(sum(word_count), 0)::BIGINT AS words,
  min(published_at) AS first_published, max(published_at) AS last_published,
  (SELECT count(*) FROM articles)::BIGINT - count(*) AS older_revisions, (SELECT count(*) FROM rejects) AS rejects,
  (SELECT count(*) FROM runs) AS runs
FROM latest
"""
_GROUPED = """
SELECT {column}, count(*) AS articles, median(word_count)::INTEGER AS median_words,
  round(avg(confidence), 3) AS confidence
FROM latest GROUP BY ALL ORDER BY articles DESC, {column} NULLS LAST
"""
_DAYS = """
SELECT archived_on, count(*) FILTER (is_article) AS articles, count(*) FILTER (NOT is_article) AS rejects
FROM (SELECT archived_on, true AS is_article FROM articles UNION ALL SELECT archived_on, false FROM rejects)
GROUP BY ALL ORDER BY archived_on DESC
"""
_LABELS = """
SELECT label, kept, count(*) AS blocks, sum(length(text))::BIGINT AS characters,
  round(avg(confidence), 3) AS confidence
FROM (SELECT block.label, block.kept, block.text, block.confidence FROM (SELECT unnest(blocks) AS block FROM latest))
GROUP BY ALL ORDER BY kept DESC, blocks DESC, label
"""
_REASONS = "SELECT reason, count(*) AS pages FROM rejects GROUP BY ALL ORDER BY pages DESC, reason"
_FIELDS = "SELECT count(*) AS articles, {} FROM latest".format(  # noqa: S608  (our own column names)
    ", ".join(
        f"count(*) FILTER (len({name}) > 0) AS {name}" if name in _LISTS else f"count({name}) AS {name}"
        for name in FIELDS
    )
)


def stats(views: Views) -> dict[str, Any]:
    """All figures, of the newest revision of each URL but for the days: a name each, and a list of records."""
    return {
        "totals": next(views.rows(_TOTALS)),
        "publishers": list(views.rows(_GROUPED.format(column="publisher"))),
        "languages": list(views.rows(_GROUPED.format(column="language"))),
        "days": list(views.rows(_DAYS)),
        "fields": _filled(next(views.rows(_FIELDS))),
        "labels": list(views.rows(_LABELS)),
        "rejects": list(views.rows(_REASONS)),
    }


def _filled(counts: dict[str, Any]) -> list[dict[str, Any]]:
    total = max(int(counts["articles"]), 1)
    return [{"field": n, "filled": int(counts[n]), "share": round(int(counts[n]) / total, 3)} for n in FIELDS]
