"""Canonical addresses: one form for all links to an article.

Two addresses get the same form only if a web server cannot distinguish them or if the difference
is a known habit (tracking, mobile, print and AMP editions, comment anchors), which `address_folds`
lists. Everything else stays: an unknown parameter may well select the article.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from pipeline import address_folds

if TYPE_CHECKING:
    from tldextract import TLDExtract

# Addresses in the data have 947 characters at most; percent-encoding turns one Thai character into
# nine; browsers and servers give up at 8,000. Longer strings are data, not addresses.
_MAX_LENGTH = 4096


def _words(lists: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(word for words in lists.values() for word in words.split())


_TRACKING_PREFIXES = _words(address_folds.PREFIXES)
_TRACKING = frozenset(_words(address_folds.NAMES))
_OF_SITES = {site: frozenset(names.split()) for site, names in address_folds.OF_SITES.items()}
_SWITCHES = frozenset(_words(address_folds.SWITCHES))
_CHANNEL_NAMES = frozenset(_words(address_folds.CHANNEL_NAMES))
_CHANNELS = frozenset(_words(address_folds.CHANNELS))
_CHANNEL_PARTS = _CHANNELS.union(_words(address_folds.CHANNEL_PARTS))
_REFERRERS = frozenset(_words(address_folds.REFERRERS))
_MIRROR_LABELS = tuple(f"{label}." for label in _words(address_folds.MIRROR_HOSTS))
_EDITIONS = frozenset(_words(address_folds.EDITION_SEGMENTS))
_CACHE_HOSTS = _words(address_folds.AMP_CACHES)
_HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+|\[[\da-f:.]+\]", re.ASCII)
_A_HOST = re.compile(r"(?:https?(?:://|%3a%2f%2f))?(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/|%2f)?")
_CHANNEL_MARKS = re.compile(r"[-_+.]|%20")
_AUTHORITY = re.compile(r"\s*(?:https?:)?//(?:[^/?#@]*@)?([^/?#:@\s\[\]]+)", re.IGNORECASE)
_AMP_CACHE = re.compile(r"/(?:amp|[cv])/(s/)?(?=[^/]+\.)")
_GOOGLE = re.compile(r"google\.[a-z.]{2,6}")
# An address of which only the host and what follows the path can differ from its canonical form.
_PLAIN = re.compile(
    r"https?://((?:[a-z0-9-]+\.)+[a-z]{2,})"
    r"((?:/[\w-]+(?:\.[\w-]+)*)*)"  # no segment is `.` or `..`
    r"/*(?:\#[\w-]*)?",  # a fragment that does not route
    re.ASCII,
)
_NOT_PLAIN = ("amp", "/print", "comment-page-", "google.")
_SCHEMES = ("http", "https")
_DEFAULT_PORTS = (80, 443)  # of either scheme: proxies report `http` with 443
_COMMENT_PAGE = re.compile(r"comment-page-\d+")  # WordPress: a page of the article's comments
_PAGE_END = re.compile(r"\.html?$", re.IGNORECASE)
_AMP_END = re.compile(r"\.amp(?=(?:\.html?)?$)", re.IGNORECASE)
# `;jsessionid=12AB` of Java, `/(S(lit3py55t21z5v55vlm25s55))/` of ASP.NET.
_SESSION = re.compile(
    r";(?:jsessionid|phpsessid)=[^/?#]*|/\((?:[A-Z]\([a-z0-9-]{10,100}\))+\)(?=/)", re.IGNORECASE
)
_EMPTY_END = "/;"  # empty segments and empty parameters
_NOT_IN_PATHS = str.maketrans({"[": "%5B", "]": "%5D", "|": "%7C"})  # RFC 3986, 3.3
_DIGIT = re.compile(r"\d")
_ESCAPED_AMPERSAND = re.compile(r"&(?:amp;)+")
# A fragment that a script reads as the address: `#!/story/12`, `#/story/12`.
_ROUTE = re.compile(r"!?/?.*\w", re.DOTALL)


def canonical_url(url: str | None) -> str | None:
    """Returns the canonical form of an address, or None where it is no web address.

    The result has `https` on the default port, since both schemes show the same page. Credentials,
    sessions, the host's `www.`, `m.`, `amp.` and the like, AMP and print editions, AMP caches,
    tracking parameters, fragments that do not route and trailing slashes are removed. Parameters
    are sorted; percent encoding and dot segments are normalised (w3lib). The case of the path,
    `index.html` and unknown parameters stay. Idempotent; never raises. Takes some 20 us, and 2 us
    for an address without a query and odd characters.

    >>> canonical_url("http://www.gazette.org/story/12/?utm_source=feed#comments")
    'https://gazette.org/story/12'
    """
    if not url or len(url) > _MAX_LENGTH:
        return None
    plain = _PLAIN.fullmatch(url)
    if plain and not any(map(url.lower().__contains__, _NOT_PLAIN)):
        return f"https://{_fold_host(plain[1])}{plain[2] or '/'}"
    return _canonical(url)


def _canonical(url: str) -> str | None:
    """Returns the canonical form of any address; slower than the path for plain ones."""
    try:
        parts = _split(url.strip())
        port = parts.port
        host = parts.hostname or ""
    except ValueError:  # brackets, ports and surrogates that no address contains
        return None
    if parts.scheme not in _SCHEMES or not _HOST.fullmatch(_bracketed(host).rstrip(".")):
        return None
    if inner := _inside_amp_cache(host, parts):
        return canonical_url(inner)
    authority = _fold_host(_bracketed(host).rstrip("."))
    scheme = "https"
    if port is not None and port not in _DEFAULT_PORTS:
        scheme, authority = parts.scheme, f"{authority}:{port}"
    query = _fold_query(parts.query, host)
    route = _fold_fragment(parts.fragment)
    return f"{scheme}://{authority}{_fold_path(parts.path)}{query}{route}"


def site_of(url: str | None) -> str | None:
    """Returns the registrable domain of a web address (`bbc.co.uk`), lower case; None without one.

    Hosting domains in the private part of the public suffix list count as suffixes: two blogs of
    one host are two sites. Works offline, with the list that tldextract ships.

    >>> site_of("https://news.bbc.co.uk/1")
    'bbc.co.uk'
    """
    host = host_of(url)
    return _registrable(host) if host else None


def host_of(url: str | None) -> str | None:
    """Returns the host of a web address (`news.bbc.co.uk`), lower case; None without one."""
    match = _AUTHORITY.match(url[:_MAX_LENGTH]) if url else None
    return match[1].lower().rstrip(".") if match else None


@cache
def _suffixes() -> TLDExtract:
    """Returns the public suffix list that tldextract ships; fetches nothing."""
    from tldextract import TLDExtract  # noqa: PLC0415 - a list of 10,000 suffixes

    return TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)


@lru_cache(maxsize=16384)  # hosts; a world-wide collector meets some 50,000, most of them rarely
def _registrable(host: str) -> str | None:
    if not host or len(host) > 255:
        return None
    suffixes = _suffixes()
    found = suffixes.extract_str(host, include_psl_private_domains=True)
    if found.is_private and not found.domain:
        found = suffixes.extract_str(host)
    return found.top_domain_under_public_suffix or found.ipv4 or _under_unlisted(host)


def _under_unlisted(host: str) -> str | None:
    """Returns the last two labels if no listed suffix fits: the list's default rule, `*`."""
    labels = host.split(".")
    listed = _suffixes().extract_str(host, include_psl_private_domains=True).suffix
    return None if listed or len(labels) < 2 or not all(labels) else ".".join(labels[-2:])


@lru_cache(maxsize=16384)
def _fold_host(host: str) -> str:
    while True:
        mirror = next((label for label in _MIRROR_LABELS if host.startswith(label)), None)
        if mirror is None or _registrable(host[len(mirror) :]) is None:
            return host
        host = host[len(mirror) :]


def _split(url: str) -> SplitResult:
    if url.startswith("//") or url[:4].lower() == "www.":
        url = "https://" + url.lstrip("/")
    if ";" in url or "(" in url:
        url = _SESSION.sub("", url)
    head, mark, tail = url.partition("?")
    if mark and "&amp;" in tail:  # an address copied out of HTML
        url = head + mark + _ESCAPED_AMPERSAND.sub("&", tail)
    from w3lib.url import canonicalize_url  # noqa: PLC0415 - only odd addresses need it

    return urlsplit(canonicalize_url(url, keep_fragments=True))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _inside_amp_cache(host: str, parts: SplitResult) -> str | None:
    """Returns the address that an AMP cache or Google's viewer wraps."""
    if not (host.endswith(_CACHE_HOSTS) or _GOOGLE.fullmatch(_fold_host(host))):
        return None
    match = _AMP_CACHE.match(parts.path)
    if not match:
        return None
    query = f"?{parts.query}" if parts.query else ""
    return f"https://{parts.path[match.end() :]}{query}"


def _fold_path(path: str) -> str:
    path = path.translate(_NOT_IN_PATHS).rstrip(_EMPTY_END)
    while (shorter := _drop_edition(path)) != path:
        path = shorter.rstrip(_EMPTY_END)
    return path or "/"


def _drop_edition(path: str) -> str:
    """Returns the path without a first or last segment, or ending, that only names an edition."""
    head, _, last = path.rpartition("/")
    if _COMMENT_PAGE.fullmatch(last) or (last in _EDITIONS and _is_slug(head.rpartition("/")[2])):
        return head
    if not _is_slug(last):
        return path
    return f"{head.removeprefix('/amp') if path.startswith('/amp/') else head}/{_drop_amp(last)}"


def _drop_amp(segment: str) -> str:
    shorter = _AMP_END.sub("", segment)
    return shorter if _is_slug(shorter) else segment


def _is_slug(segment: str) -> bool:
    """Returns whether the segment names one article rather than a section (`/topics/amp`)."""
    return bool(segment.count("-") > 1 or _DIGIT.search(segment) or _PAGE_END.search(segment))


def _fold_query(query: str, host: str) -> str:
    if not query:
        return ""
    own = _names_of(host)
    kept = [pair for pair in query.split("&") if not _is_tracking(pair.lower(), own)]
    return "?" + "&".join(kept) if kept else ""


def _names_of(host: str) -> frozenset[str]:
    """Returns the parameters that track readers on this site only."""
    site = host
    while site and site not in _OF_SITES:
        site = site.partition(".")[2]
    return _OF_SITES.get(site, frozenset())


def _is_tracking(pair: str, own: frozenset[str]) -> bool:
    name, _, value = pair.partition("=")
    if name in _TRACKING or name in own or name.startswith(_TRACKING_PREFIXES):
        return True
    if pair in _SWITCHES or (name in _REFERRERS and _A_HOST.fullmatch(value)):
        return True
    return name in _CHANNEL_NAMES and _is_channel(value)


def _is_channel(value: str) -> bool:
    """Returns whether a value says who linked to the page: `rss`, `homepage_top`."""
    if value in _CHANNELS:
        return True
    parts = _CHANNEL_MARKS.split(value)
    return not _CHANNELS.isdisjoint(parts) and _CHANNEL_PARTS.issuperset(parts)


def _fold_fragment(fragment: str) -> str:
    routes = fragment[:1] in ("!", "/") and _ROUTE.match(fragment)
    return f"#{fragment}" if routes else ""
