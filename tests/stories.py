"""Story pages in several scripts, with a menu, a footer and a related box around the story."""

import tomllib
from pathlib import Path

_TEXTS = tomllib.loads((Path(__file__).parent / "encodings" / "languages.toml").read_text("utf-8"))
SCRIPTS = {"latin": "de", "cyrillic": "ru", "cjk": "ja", "arabic": "ar", "thai": "th"}
MENU = ("News", "Sport", "Culture", "Weather", "Contact")


def title(script: str) -> str:
    return str(_TEXTS[SCRIPTS[script]]["title"])


def paragraphs(script: str, number: int = 0) -> list[str]:
    """Six paragraphs of a story, different from every other number's."""
    text = " ".join(str(_TEXTS[SCRIPTS[script]]["text"]).split())
    return [f"{text} ({number * 10 + part})" for part in range(6)]


def story_page(script: str, number: int = 0) -> str:
    """A whole page around the story."""
    links = "".join(f'<li><a href="/{word.lower()}">{word}</a></li>' for word in MENU)
    body = "".join(f"<p>{text}</p>" for text in paragraphs(script, number))
    teasers = "".join(f'<li><a href="/{at}">{title(script)} {number}-{at}</a></li>' for at in range(5))
    return (
        f'<!DOCTYPE html><html lang="{SCRIPTS[script]}"><head><title>{title(script)}</title></head><body>'
        f'<header><nav class="menu"><ul>{links}</ul></nav></header>'
        f'<article><h1>{title(script)}</h1><div class="article-body">{body}</div></article>'
        f'<aside class="related"><ul>{teasers}</ul></aside><footer><p>© 2024 Herald</p><a href="/privacy">Privacy</a>'
        "</footer></body></html>"
    )
