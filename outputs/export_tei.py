"""An article as TEI XML (TEI P5, https://tei-c.org/guidelines/): a header with its fields, and its text."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from outputs.manifest import versions
from tasks.page import KEPT, Label

TEI = "http://www.tei-c.org/ns/1.0"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What holds the blocks of a kind that follow each other, and how one of them is written.
_HOLDERS = {Label.LIST_ITEM: ("list", ("item",)), Label.TABLE: ("table", ("row", "cell"))}
_ELEMENTS = {Label.QUOTE: "quote", Label.HEADING: "head"}


def tei(article: Mapping[str, Any]) -> bytes:
    """Render one article's record."""
    root = etree.Element(f"{{{TEI}}}TEI", nsmap={None: TEI})  # type: ignore[dict-item]  # the stubs know no default namespace
    _header(_add(root, "teiHeader"), article)
    text = _add(root, "text")
    if article["language"]:
        text.set(_XML_LANG, article["language"])
    _body(_add(text, "body"), [block for block in article["blocks"] if block["label"] in KEPT])
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _header(header: etree._Element, article: Mapping[str, Any]) -> None:
    file = _add(header, "fileDesc")
    _names(_add(file, "titleStmt"), article, main=True)
    publication = _add(file, "publicationStmt")
    if article["publisher"]:
        _add(publication, "publisher", article["publisher"])
        _date(publication, article["published_at"])
    else:
        _add(publication, "p")
    _source(_add(_add(file, "sourceDesc"), "bibl"), article)
    application = _add(_add(_add(header, "encodingDesc"), "appInfo"), "application")
    application.set("ident", "Stet")
    application.set("version", versions()["stet"])
    _add(application, "label", "Stet")
    _profile(_add(header, "profileDesc"), article)


def _names(parent: etree._Element, article: Mapping[str, Any], *, main: bool = False) -> None:
    title = _add(parent, "title", article["title"] or "")
    if main:
        title.set("type", "main")
    for author in article["authors"]:
        _add(parent, "author", author)


def _source(bibl: etree._Element, article: Mapping[str, Any]) -> None:
    _names(bibl, article)
    if article["publisher"]:
        _add(bibl, "publisher", article["publisher"])
    _date(bibl, article["published_at"])
    if article["url"]:
        _add(bibl, "ptr").set("target", _clean(article["url"]))
    _add(bibl, "idno", article["article_id"]).set("type", "stet")


def _profile(profile: etree._Element, article: Mapping[str, Any]) -> None:
    if article["deck"]:
        _add(_add(profile, "abstract"), "p", article["deck"])
    if article["tags"] or article["section"]:
        keywords = _add(_add(profile, "textClass"), "keywords")
        for kind, term in [("section", article["section"]), *(("tag", tag) for tag in article["tags"])]:
            if term:
                _add(keywords, "term", term).set("type", kind)


def _date(parent: etree._Element, moment: datetime | None) -> None:
    if moment:
        _add(parent, "date").set("when", f"{moment:%Y-%m-%d}")


def _body(body: etree._Element, blocks: Sequence[Mapping[str, str]]) -> None:
    """A heading begins a division, since TEI lets none stand after a paragraph of its own."""
    division = holder = _add(body, "div")
    before = None
    for block in blocks:
        label, text = Label(block["label"]), block["text"]
        if label is Label.HEADING and len(division) and division[-1].tag != f"{{{TEI}}}head":
            division = _add(body, "div")
        if label in _HOLDERS:
            outer, inner = _HOLDERS[label]
            holder = holder if label is before else _add(division, outer)
            _add(_nested(holder, inner[:-1]), inner[-1], text)
        else:
            _add(division, _ELEMENTS.get(label, "p"), text)
        before = label


def _nested(parent: etree._Element, names: Sequence[str]) -> etree._Element:
    for name in names:
        parent = _add(parent, name)
    return parent


def _add(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    """A new last child; the breaks of its lines become <lb/>."""
    element = etree.SubElement(parent, f"{{{TEI}}}{name}")
    first, *others = _clean(text).split("\n")
    element.text = first or None
    for line in others:
        etree.SubElement(element, f"{{{TEI}}}lb").tail = line
    return element


def _clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("", text)
