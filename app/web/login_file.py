"""Who may log in: the OpenID Connect provider that `login.toml` of the home names, as Streamlit wants to hear it.

Without that file nobody can log in: the app then is a local one for the person at the keyboard, or a public one that
can only be read (`app/login.py`).
"""

import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from forecasts.board_files import parse_toml

if TYPE_CHECKING:
    from streamlit.runtime.secrets import SecretsValue

LOGIN_FILE = "login.toml"
"""Its name in the home."""
KEYS = ("client_id", "client_secret", "server_metadata_url", "redirect_uri", "cookie_secret")
CALLBACK = "/oauth2callback"
SHORTEST_SECRET = 32
"""Characters of a cookie secret; whoever knows it can make cookies."""
ANYBODY = ("/common/", "/organizations/", "/consumers/")
"""Addresses at which Microsoft lets every tenant in; each may say of its people whatever e-mail it likes."""


class LoginFileError(ValueError):
    """The file cannot be used; the message names it, the key, what was found and what is allowed."""


def read(path: Path) -> dict[str, "SecretsValue"]:
    """Return what Streamlit's secrets hold of a login, `{"auth": ...}`; empty where there is no file.

    Raises
    ------
    LoginFileError
        When the file can be read by others, is no TOML, or a key is missing, unknown or cannot be used. No secret is
        ever part of a message.
    """
    if not path.exists():
        return {}
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(path.stat().st_mode)
        raise LoginFileError(f"{path.name}: its mode is {mode:o}, so that others may read it; `chmod 600` it")
    try:
        found = parse_toml(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LoginFileError(f"{path.name}: no TOML: {str(error)[:80]}") from error
    _check_keys(path.name, found)
    _check_values(path.name, found)
    return {"auth": {key: str(found[key]) for key in KEYS}}


def _check_keys(name: str, found: dict[str, object]) -> None:
    allowed = f"allowed: {', '.join(KEYS)}"
    if unknown := sorted(found.keys() - set(KEYS)):
        raise LoginFileError(f"{name}: {unknown[0]!r} is unknown; {allowed}")
    for key in KEYS:
        value = found.get(key)
        if not isinstance(value, str) or not value.strip():
            raise LoginFileError(f"{name}: {key} needs a text; {allowed}")


def _check_values(name: str, found: dict[str, object]) -> None:
    for key in ("server_metadata_url", "redirect_uri"):
        parts = urlsplit(str(found[key]))
        local = parts.hostname in {"localhost", "127.0.0.1"}
        if not parts.hostname or parts.scheme not in ({"http", "https"} if local else {"https"}):
            raise LoginFileError(f"{name}: {key} must be an https address (http on localhost only)")
    if any(place in urlsplit(str(found["server_metadata_url"])).path for place in ANYBODY):
        raise LoginFileError(
            f"{name}: server_metadata_url lets every tenant in, and each may claim any e-mail; name your own"
        )
    if urlsplit(str(found["redirect_uri"])).path != CALLBACK:
        raise LoginFileError(f"{name}: redirect_uri must end with {CALLBACK}")
    if len(str(found["cookie_secret"])) < SHORTEST_SECRET:
        raise LoginFileError(f"{name}: cookie_secret needs at least {SHORTEST_SECRET} random characters")
