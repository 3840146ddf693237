"""The inspector as one HTML file: no network, no script but its own, everything of the page escaped.

The Content-Security-Policy knows script and style by their hashes, so that markup which got past the escaping could
neither run nor load nor send anything.
"""

import base64
import hashlib
import re
from functools import cache
from importlib import resources

import jinja2
from markupsafe import Markup

from outputs.inspector import Inspection, group_of
from tasks.page import Label

DOUBTFUL = 0.8  # a verdict with less confidence is marked
# Keys are unique; letters where the label's name has them free, digits for the fields.
KEYS = {
    Label.PARAGRAPH: "p", Label.HEADING: "h", Label.QUOTE: "q", Label.LIST_ITEM: "l", Label.TABLE: "t",
    Label.CORRECTION: "e", Label.TITLE: "1", Label.KICKER: "2", Label.DECK: "3", Label.BYLINE: "4",
    Label.DATELINE: "5", Label.TIMESTAMP: "6", Label.CAPTION: "7", Label.CREDIT: "8", Label.BIO: "9",
    Label.PROMO: "o", Label.RELATED: "r", Label.READ_TIME: "m", Label.SHARE: "s", Label.ADVERT: "a",
    Label.PAYWALL: "w", Label.COMMENT: "c", Label.LEGAL: "g", Label.NAVIGATION: "n",
}  # fmt: skip
_TITLES = {"kept": "Stands", "lifted": "A field", "boilerplate": "Goes"}
# Signs that cannot be seen and turn the line around (Unicode TR36): shown, each by itself, where they turn nothing.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def render(page: Inspection) -> str:
    """The whole page as HTML."""
    style, script = _asset("inspector.css"), _asset("inspector.js")
    return _template().render(
        page=page,
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704  (ours, from the package)
        script=Markup(script),  # noqa: S704
        signs=_signs,
        names={label.value: label.value.replace("_", " ") for label in Label},
        palette=[
            (group, [(label.value, key) for label, key in KEYS.items() if group_of(label) == group])
            for group in _TITLES
        ],
        titles=_TITLES,
        doubtful=DOUBTFUL,
        first=next((line.number for line in page.lines if line.group == "kept"), 1),
    )


def _policy(style: str, script: str) -> str:
    parts = ("default-src 'none'", f"script-src {_hash(script)}", f"style-src {_hash(style)}")
    return "; ".join((*parts, "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _signs(text: str) -> Markup:
    """The text, escaped, with what cannot be seen made visible."""
    parts: list[str] = []
    at = 0
    for found in _UNSEEN.finditer(text):
        parts += [Markup.escape(text[at : found.start()]), _sign(found[0])]
        at = found.end()
    return Markup("").join([*parts, Markup.escape(text[at:])])


def _sign(char: str) -> Markup:
    return Markup('<span class="sign" data-sign="U+{:04X}">{}</span>').format(ord(char), char)


@cache
def _template() -> jinja2.Template:
    loader = jinja2.FunctionLoader(_asset)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined).get_template(
        "inspector.html"
    )


@cache
def _asset(name: str) -> str:
    return resources.files("outputs").joinpath("templates", name).read_text("utf-8")
