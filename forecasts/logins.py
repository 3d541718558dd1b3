"""Logins that were ended: a copy of their cookie, or a page that is open elsewhere, is nobody's from then on.

A login is a signed cookie that no server keeps, so to take it out of one browser does not end it anywhere else. What
ends it stands here, by a digest of what the provider said at that login, until no cookie of it could be valid any more.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from forecasts.forms import canonical
from forecasts.schema import ended_logins
from forecasts.store import Store

CLAIMS = ("iss", "sub", "aud", "iat", "jti", "nonce", "sid")
"""What tells one login from all others, as far as a provider says it (OpenID Connect Core 1.0, section 2)."""
OF_ONE_LOGIN = ("iat", "jti", "nonce", "sid")
"""Claims of which one at least must be there: the others stay the same from one login to the next."""
KEPT = timedelta(days=35)
"""Longer than the cookie of a login is good for (31 days)."""


def digest(claims: Mapping[str, object]) -> str | None:
    """Return what stands for a login; None when nothing that the provider said tells it from the person's next one."""
    if not any(claims.get(name) for name in OF_ONE_LOGIN):
        return None
    told = {name: claims.get(name) for name in CLAIMS}
    return hashlib.sha256(canonical(told, plain=str).encode()).hexdigest()


def end(store: Store, login: str, *, now: datetime) -> None:
    """Let a login count no more; again changes nothing. Whoever has one may end it, whatever their role.

    Parameters
    ----------
    store
        The record's database; the table stands beside the record.
    login
        The `digest` of what the provider said.
    now
        Aware UTC instant; logins that ended long before it are forgotten.

    Raises
    ------
    StoreError
        When the database refuses.
    """
    with store.writing() as connection:
        connection.execute(ended_logins.delete().where(ended_logins.c.ended_at < now - KEPT))
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(insert(ended_logins).values(login=login, ended_at=now).on_conflict_do_nothing())


def has_ended(store: Store, login: str) -> bool:
    """Tell whether a login was ended; raises StoreError when the database cannot be read."""
    with store.reading() as connection:
        found = connection.execute(sa.select(ended_logins.c.login).where(ended_logins.c.login == login))
        return found.scalar() is not None
