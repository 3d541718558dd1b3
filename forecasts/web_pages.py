"""Which page a link leads to: one comparable form for all the ways in which the same address is written.

Two links of the same form are the same source for practical purposes; nothing is fetched to find out. The form is for
comparing only: what people entered is kept and shown as they wrote it.
"""

import posixpath
import re
import unicodedata
from contextlib import suppress
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

_TRACKING = re.compile(
    r"utm(_\w+)?|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|igsh|mc_[ce]id|_ga|_gl|cmpid|ocid|"
    r"smid|smtyp|sref|ref|ref_src|ref_url|referrer|cmp|ns_\w+|at_\w+|wt_\w+|spm|share|sharetype|amp|outputtype|feature",
    re.IGNORECASE,
)
"""Names of query parameters that say how a reader came to a page, not which page it is."""
_EDITIONS = re.compile(r"(www\d?|m|mobile|amp|edition)\.(?=[^.]+\.)")
"""First labels of a host under which sites repeat their pages for another device."""
_ARCHIVED = re.compile(r"/web/[0-9]{4,14}[a-z_]*/(https?:/.*)", re.IGNORECASE | re.DOTALL)
_ARCHIVES = ("web.archive.org", "archive.org")
_DEFAULT_PORTS = (None, 80, 443)
_INDEX = re.compile(r"/(index|default)\.(html?|php|aspx?)$", re.IGNORECASE)


def page_of(url: str) -> str:
    """Return the comparable form of a link: host, path and the parts of its query that name a page.

    The same for http and https, with and without `www.`, `m.` or `amp.`, a default port, a closing slash, an index
    file, tracking parameters, a fragment, any order of parameters, percent or Unicode writing (path and host), and a
    copy in the Internet Archive. "" for what is no link.
    """
    try:
        parts = urlsplit(unicodedata.normalize("NFC", url.strip()))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not host or parts.scheme.lower() not in {"http", "https"}:
        return ""
    host = _host(host)
    if host in _ARCHIVES and (inner := _archived(parts)):
        return page_of(inner)
    place = host if port in _DEFAULT_PORTS else f"{host}:{port}"
    query = _query(parts.query)
    return f"{place}{_path(parts.path)}" + (f"?{query}" if query else "")


def _archived(parts: SplitResult) -> str:
    """Return the address of which an archive's page is a copy, or ""."""
    found = _ARCHIVED.fullmatch(parts.path)
    if found is None:
        return ""
    inner = re.sub(r"^(https?):/+", r"\1://", found[1], flags=re.IGNORECASE)
    return f"{inner}?{parts.query}" if parts.query else inner


def _host(host: str) -> str:
    name = host.casefold().rstrip(".")
    with suppress(UnicodeError):
        name = name.encode("idna").decode("ascii")
    return _EDITIONS.sub("", name, count=1)


def _path(path: str) -> str:
    text = unicodedata.normalize("NFC", unquote(path))
    text = posixpath.normpath(f"/{text.lstrip('/')}") if text.strip("/") else ""
    text = _INDEX.sub("", text).removesuffix("/amp").removesuffix(".amp")
    return quote(text.rstrip("/"))


def _query(query: str) -> str:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return query
    return urlencode(sorted((k, v) for k, v in pairs if not _TRACKING.fullmatch(k)))
