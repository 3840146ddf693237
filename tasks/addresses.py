"""The article's address and its publisher's domain."""

import functools
import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from publicsuffixlist import PublicSuffixList

MAX_URL = 2_000  # characters; longer ones are no addresses of articles
TRACKING = frozenset((
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "mc_cid", "mc_eid", "igshid", "igsh", "yclid",
    "twclid", "ttclid", "_hsenc", "_hsmi", "mkt_tok", "ncid", "cmpid", "cmp", "ito", "ref_src", "ref_url", "s_cid",
    "ref",
    "ocid", "xtor", "at_medium", "at_campaign", "smid", "smtyp", "wt_mc", "wt_zmc", "srsltid", "spm", "guccounter",
    "guce_referrer", "guce_referrer_sig", "rssfeed", "__twitter_impression", "outputtype",
))  # fmt: skip
_IPV4 = re.compile(r"\d+(?:\.\d+){3}")
_FETCHED_WITH = ("http", "https")
_PORTS = {"http": 80, "https": 443}


@functools.cache
def _suffixes() -> PublicSuffixList:
    """The public suffix list as it comes with the package; of its two parts that of the registries."""
    return PublicSuffixList(only_icann=True)


def canonical_url(declared: str | None, fetched: str | None) -> str | None:
    """The article's address: absolute, without tracking parameters and fragment; None where it is not known.

    What the page declares is not believed where it is the home page, or another publisher's.
    """
    base = _clean(fetched or "")
    own = _clean(urljoin(base, declared.strip()) if base and declared else (declared or "").strip())
    if own is None:
        return base
    if base is None:
        return own if _has_path(own) else None
    same = registered_domain(own) == registered_domain(base)
    return own if same and (_has_path(own) or not _has_path(base)) else base


def _has_path(url: str) -> bool:
    parts = urlsplit(url)
    return len(parts.path) > 1 or bool(parts.query)


def _clean(url: str) -> str | None:
    """The address without tracking parameters and fragment; None where it is none of a web page."""
    if not url or len(url) > MAX_URL:
        return None
    if url.startswith("//"):
        url = f"https:{url}"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _FETCHED_WITH or not host or "." not in host:
        return None
    netloc = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    return urlunsplit((scheme, netloc, parts.path or "/", _without_tracking(parts.query), ""))


def _without_tracking(query: str) -> str:
    if not query:
        return ""
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200) if query.count("&") < 200 else []
    kept = [(key, value) for key, value in pairs if key.lower() not in TRACKING and not key.lower().startswith("utm_")]
    return query if len(kept) == len(pairs) else urlencode(kept)


def absolute_url(url: str | None, base: str | None) -> str | None:
    """A link of the page as an absolute address; None where it cannot be one."""
    if not url or len(url) > MAX_URL or url.startswith(("data:", "blob:", "javascript:")):
        return None
    try:
        joined = urljoin(base or "", url.strip())
    except ValueError:
        return None
    if joined.startswith("//"):
        joined = f"https:{joined}"
    return joined if joined.startswith(("http://", "https://")) else None


def host_of(url: str | None) -> str | None:
    """The host of an address, lower case; None where it has none."""
    try:
        return urlsplit(url or "").hostname
    except ValueError:
        return None


@functools.lru_cache(maxsize=4096)
def _domain_of_host(host: str) -> str:
    if _IPV4.fullmatch(host):
        return host
    found: str | None = _suffixes().privatesuffix(host)
    return found or host


def registered_domain(url: str | None) -> str | None:
    """The registered domain by the public suffix list (`bbc.co.uk`); for an unlisted suffix the last two labels."""
    host = host_of(url)
    return _domain_of_host(host.removeprefix("www.").rstrip(".")) if host and "." in host else None


def country_of(url: str | None) -> str:
    """The last label of the host: a country's, or `com`, `org`, …; empty where there is no host."""
    host = host_of(url)
    return host.rstrip(".").rpartition(".")[2] if host else ""
