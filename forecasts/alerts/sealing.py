"""Addresses and signing secrets of subscribers, encrypted: database, dumps and backups never hold them in clear.

The key stays outside the database. The address of a chat's webhook is as good as a password, so it is sealed with the
secret; only its host is kept beside it to be shown.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from forecasts.errors import RecordError, StoreError
from forecasts.forms import FLAG, TEXT, canonical, parse, read_fields, write_fields

SECRET_BYTES = 24
"""Of a new signing secret; Standard Webhooks asks for 24 to 64."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - how such a secret begins


@dataclass(frozen=True, slots=True)
class Address:
    """Where messages go, and what they are signed with; neither is ever shown."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    """`whsec_` and base64."""
    private: bool
    """Whether the address may lie in this machine's own network, and be plain http."""


_ADDRESS = {"url": TEXT, "secret": TEXT, "private": FLAG}


def new_key() -> str:
    """Return a new key for sealing, as text for a file or a variable."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode("ascii")


def check_key(key: str) -> str:
    """Return a key; raises RecordError, without repeating it, unless it is one that `new_key` could have made."""
    try:
        known = len(base64.b64decode(key.encode("ascii"), altchars=b"-_", validate=True)) == 32
    except (binascii.Error, UnicodeEncodeError):
        known = False
    if not known:
        raise RecordError("the key for alerts is no key: 44 characters of base64, as `twixt alerts add` made it")
    return key


def new_secret() -> str:
    """Return a new signing secret."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def check_secret(secret: str) -> str:
    """Return a signing secret; raises RecordError, without repeating it, where it is too short or no base64."""
    try:
        size = len(base64.b64decode(secret.removeprefix(SECRET_PREFIX).encode("ascii"), validate=True))
    except (binascii.Error, UnicodeEncodeError):
        size = 0
    if not secret.startswith(SECRET_PREFIX) or not SECRET_BYTES <= size <= 64:
        raise RecordError(f"the secret is none: {SECRET_PREFIX} and {SECRET_BYTES} to 64 bytes in base64 are needed")
    return secret


def seal(address: Address, *, key: str, now: datetime) -> str:
    """Return an address encrypted and authenticated; `now` (aware UTC) stands in it."""
    from cryptography.fernet import Fernet

    content = canonical(write_fields(address, _ADDRESS)).encode("utf-8")
    return Fernet(check_key(key)).encrypt_at_time(content, int(now.timestamp())).decode("ascii")


def unseal(sealed: str, *, key: str, who: str) -> Address:
    """Return what was sealed; raises StoreError where it was sealed with another key or changed since.

    `who` names the subscriber in the message.
    """
    from cryptography.fernet import Fernet, InvalidToken

    try:
        content = Fernet(check_key(key)).decrypt(sealed.encode("utf-8"))
        found: Address = read_fields(parse(content.decode("utf-8")), Address, _ADDRESS)
    except (InvalidToken, UnicodeDecodeError):
        raise StoreError(
            f"{who}: its address was sealed with another key; add it anew, or bring the key back"
        ) from None
    return found
