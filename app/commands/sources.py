"""What `--source` may be: words, a link, or one of each."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from app.failures import CommandError
from forecasts.fields import looks_like_address, shown


def source_fields(sources: tuple[str, ...]) -> dict[str, str]:
    """Return the raw fields `source` and `url`; a link without words is named by its host.

    Raises
    ------
    CommandError
        When there are several links or several wordings.
    """
    links = [s for s in sources if looks_like_address(s)]
    words = [s for s in sources if not looks_like_address(s)]
    for kind, given in (("link", links), ("wording", words)):
        if len(given) > 1:
            raise CommandError(f"--source: {shown(given[1])}: one {kind} is allowed, {len(given)} were given")
    link = links[0].strip() if links else ""
    return {"source": words[0] if words else _host(link), "url": link}


def _host(link: str) -> str:
    with suppress(ValueError):
        return urlsplit(link).hostname or link
    return link
