"""Pages of made-up publishers, each with a template of its own, and the ways in which a redesign breaks them."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

_WHO = ("The council", "A spokeswoman", "The mayor", "The port authority", "Residents", "The ferry company",
        "Engineers", "The school board", "A judge", "The fire service", "Campaigners", "The ministry")  # fmt: skip
_DID = ("said", "announced", "confirmed", "denied", "wrote in a letter", "told reporters", "decided", "warned", "hoped")
_WHAT = ("that the bridge would stay closed until the spring", "that repairs were going to cost four million euros",
         "that nobody had been hurt in the accident", "that the new line would open before the summer",
         "that the harbour needed a deeper channel", "that fewer trains were running on weekends",
         "that the old mill would become a library", "that the water had risen by half a metre in a night",
         "that the vote was to be held again", "that the price of bread had doubled within a year")  # fmt: skip
_WHEN = ("on Tuesday", "late in the evening", "after a long meeting", "at the end of the week", "in a statement",
         "as the rain went on", "before the holidays", "during the hearing", "once the count was over")  # fmt: skip
_NAMES = ("Moira Tolland", "Henk de Boer", "Ana Lúcia Prado", "Jörg Wendtland", "Sinéad Quirke", "Pavel Horák")


@dataclass(frozen=True)
class Site:
    """What a publisher's template puts on its pages."""

    domain: str
    prefix: str  # of its classes
    has_classes: bool = True
    has_data: bool = True  # JSON-LD
    has_author: bool = True
    has_deck: bool = True
    body: str = "whole"  # or "script": there after a script has run
    date: str = "iso"  # or "odd": written in a way of its own
    promo: str = ""
    is_walled: bool = False


SITES = tuple(
    Site(domain=f"{name}.example", prefix=prefix, has_deck=number % 3 > 0, has_data=number % 4 > 0)
    for number, (name, prefix) in enumerate([
        ("harbour-gazette", "hg"), ("valley-post", "story"), ("norderney-bote", "artikel"), ("mill-lane-news", "post"),
        ("the-lighthouse", "lh"), ("quayside-times", "qt"), ("fens-and-dykes", "entry"), ("upland-herald", "uh"),
        ("old-town-courier", "article"), ("river-mirror", "rm"), ("saltmarsh-echo", "c"), ("canal-street", "cs"),
    ])
)  # fmt: skip

BREAKS: dict[str, Callable[[Site], Site]] = {
    "class names changed": lambda site: replace(site, has_classes=False, has_data=False),
    "body behind a script": lambda site: replace(site, body="script"),
    "promo added to each page": lambda site: replace(
        site,
        promo="Our reporters are out there for you every day of the year, whatever the weather and wherever.",
    ),
    "date format changed": lambda site: replace(site, date="odd", has_data=False),
    "byline gone": lambda site: replace(site, has_author=False),
    "consent wall": lambda site: replace(site, is_walled=True),
}


def page(site: Site, day: datetime, number: int) -> str:
    """One page of a site on a day."""
    rng = random.Random(f"{site.domain} {day:%Y%m%d} {number}")
    title = f"{rng.choice(_WHO)} {rng.choice(_DID)} {rng.choice(_WHAT)}"
    if site.is_walled:
        return _wall(site)
    author = rng.choice(_NAMES) if site.has_author else ""
    published = day.replace(hour=rng.randrange(24), minute=rng.randrange(60))
    parts = [
        f"<h1{_class(site, 'title')}>{title}</h1>",
        f"<p{_class(site, 'deck')}>{_sentence(rng)}</p>" if site.has_deck else "",
        f"<p{_class(site, 'byline')}>By {author}</p>" if author else "",
        _date(site, published),
        f"<div{_class(site, 'body')}>{_body(site, rng)}</div>",
        f"<div{_class(site, 'newsletter')}><p>Sign up for our newsletter</p></div>",
        _box(site, "related", "Read next", [_sentence(random.Random(f"{site.domain} {day} {at}")) for at in range(3)]),
        _box(site, "comments", "What readers say", [_sentence(rng) for _ in range(3)]),
    ]
    return _around(site, title, "\n".join(parts), _data(site, title, author, published), _url(site, day, number))


def _sentence(rng: random.Random) -> str:
    return f"{rng.choice(_WHO)} {rng.choice(_DID)} {rng.choice(_WHEN)} {rng.choice(_WHAT)}."


def _body(site: Site, rng: random.Random) -> str:
    if site.body == "script":
        return "<noscript>Please enable JavaScript to read this page.</noscript>"
    count = max(4, round(rng.lognormvariate(2, 0.4)))
    texts = [" ".join(_sentence(rng) for _ in range(rng.randrange(2, 5))) for _ in range(count)]
    if site.promo:
        texts.insert(2, site.promo)
    return "".join(f"<p>{text}</p>" for text in texts)


def _box(site: Site, name: str, heading: str, texts: list[str]) -> str:
    if not site.has_classes:  # nothing tells it from the story any more
        return "".join(f"<p>{text} {text}</p>" for text in texts)
    items = "".join(f'<li><a href="/{at}">{text}</a></li>' for at, text in enumerate(texts))
    return f'<aside class="{site.prefix}-{name} {name}"><h3>{heading}</h3><ul>{items}</ul></aside>'


def _date(site: Site, when: datetime) -> str:
    if site.date == "odd":
        return f"<p{_class(site, 'when')}>Wk {when:%V} / d{when:%u}</p>"
    return f'<time{_class(site, "when")} datetime="{when:%Y-%m-%dT%H:%M:%SZ}">{when:%d %B %Y, %H:%M}</time>'


def _data(site: Site, title: str, author: str, when: datetime) -> str:
    if not site.has_data:
        return ""
    date = {"datePublished": f"{when:%Y-%m-%dT%H:%M:%SZ}"} if site.date == "iso" else {}
    by = {"author": {"@type": "Person", "name": author}} if author else {}
    record = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": title, **date, **by}
    return f'<script type="application/ld+json">{json.dumps(record)}</script>'


def _around(site: Site, title: str, story: str, data: str, url: str) -> str:
    menu = "".join(f'<li><a href="/{word.lower()}">{word}</a></li>' for word in ("News", "Sport", "Culture", "Weather"))
    inner = f"<article>{story}</article>" if site.has_classes else f"<div><div>{story}</div></div>"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} | {site.domain}</title>'
        f'<link rel="canonical" href="{url}">{data}</head><body><nav><ul>{menu}</ul></nav>{inner}'
        f"<footer><p>© 2026 {site.domain}. All rights reserved.</p></footer></body></html>"
    )


def _wall(site: Site) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>Before you continue | {site.domain}</title></head><body>'
        "<h1>We value your privacy</h1><p>We and our partners use cookies. Please accept all cookies to continue.</p>"
        "<button>Accept all</button></body></html>"
    )


def _class(site: Site, name: str) -> str:
    return f' class="{site.prefix}-{name}"' if site.has_classes else f' class="css-{sum(map(ord, name)):x}"'


def _url(site: Site, day: datetime, number: int) -> str:
    return f"https://{site.domain}/story/{int(day.timestamp()) // 86400 * 100 + number}"
