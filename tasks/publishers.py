"""Whose rules hold for a page.

They are data, `config/publishers/<domain>.toml` and the files of a folder of the user's, which go before those. A page
is its publisher's by the address that it was fetched from; what the page itself says of its address counts only where
that is not known, as for the column `publisher`: so that no page can have itself read by the rules of another site.
"""

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.addresses import host_of, registered_domain
from tasks.dates import read_date
from tasks.page import Declared, Source
from tasks.publisher_rules import ANY_LANGUAGE
from tasks.rulefile import RuleError

if TYPE_CHECKING:
    from tasks.publisher_file import Period

SUFFIX = ".toml"
REMEMBERED = 4096  # hosts
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class Publishers:
    """The rules of all publishers by domain; a file is read when the first page of its domain comes."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = {_domain(name): (name, content) for name, content in contents.items()}
        self._read = functools.cache(self._read_file)
        self._of_host = functools.lru_cache(REMEMBERED)(self._find)

    @property
    def digest(self) -> str:
        """The SHA-256 of all files, with their names."""
        digest = hashlib.sha256()
        for name, content in sorted(self._contents.values()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    def check(self) -> None:
        """Read all files. Raises RuleError."""
        for domain in self._contents:
            self._read(domain)

    def of(self, source: Source, facts: Declared) -> tuple["Period", ...]:
        """The rules that hold for a page; none where its publisher has none. Raises RuleError."""
        if not self._contents:
            return ()
        periods = self._of_host(host_of(source.url) or host_of(facts.url) or "")
        return _in_force(periods, source, facts) if periods else ()

    def _find(self, host: str) -> tuple["Period", ...]:
        """The rules of the host, else of the nearest domain above it, up to the registered one."""
        name = _ascii(host.rstrip("."))
        last = registered_domain(f"https://{name}/") or name
        while name not in self._contents:
            if name == last or "." not in name:
                return ()
            name = name.partition(".")[2]
        return self._read(name)

    def _read_file(self, domain: str) -> tuple["Period", ...]:
        from tasks.publisher_file import read_periods  # noqa: PLC0415  (loads cssselect, which few pages need)

        return read_periods(*self._contents[domain])


class OnePublisher(Publishers):
    """The rules of one file, for pages from anywhere: to test them. Raises RuleError."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__({name: content})
        self.domain = _domain(name)
        self.periods = self._read(self.domain)

    def of(self, source: Source, facts: Declared) -> tuple["Period", ...]:
        """The periods that hold for the page, whoever published it."""
        return _in_force(self.periods, source, facts)

    def is_of(self, url: str | None) -> bool:
        """Whether a run reads the pages of an address by this file, where no file is nearer to it."""
        return f".{_ascii(host_of(url) or '')}".endswith(f".{self.domain}")


NO_PUBLISHERS = Publishers({})


@functools.cache
def load_publishers(folder: Path | None = None) -> Publishers:
    """The rules that come with the program, and before them those of a folder. Raises RuleError."""
    contents = _contents(resources.files("config.publishers"))
    if folder is not None:
        if not folder.is_dir():
            raise RuleError(f"no such folder of publisher rules: {folder}")
        contents |= _contents(folder)
    return Publishers(contents)


def checked_publishers(folder: Path | None = None) -> Publishers:
    """`load_publishers`, with every file read. Raises RuleError for any that is wrong."""
    publishers = load_publishers(folder)
    publishers.check()
    return publishers


def _contents(folder: Traversable) -> dict[str, bytes]:
    try:
        return {item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(SUFFIX)}
    except OSError as error:
        raise RuleError(f"publisher rules: {error.filename}: {(error.strerror or str(error)).lower()}") from error


def _domain(name: str) -> str:
    domain = _ascii(name.removesuffix(SUFFIX))
    if not name.endswith(SUFFIX) or not _DOMAIN.fullmatch(domain):
        raise RuleError(f"{name}: not named after a domain, as example.org.toml")
    return domain


def _ascii(host: str) -> str:
    """The host as the network writes it: "münchen.example" is "xn--mnchen-3ya.example"."""
    try:
        return host.lower().encode("idna").decode()
    except UnicodeError:
        return host.lower()


def _in_force(periods: tuple["Period", ...], source: Source, facts: Declared) -> tuple["Period", ...]:
    if all(period.start is None and period.end is None for period in periods):
        return periods
    day = source.fetched_at.date() if source.fetched_at else _published_on(facts.published)
    return tuple(period for period in periods if period.holds_on(day))


def _published_on(written: Iterable[str]) -> date | None:
    return next((moment.when.date() for text in written if (moment := read_date(text, ANY_LANGUAGE))), None)
