"""The app's server: `streamlit run app/web/asgi.py`, or any ASGI server on `app`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.middleware import Middleware
from streamlit.starlette import App

from app.web import local_mode, login_file
from app.web.headers import SafeHeaders
from app.web.health import HealthError, HealthPages, wants_metrics
from app.web.limits import Limits
from app.web.local_mode import LocalModeError, OnlyFromHere
from app.web.login_file import LoginFileError
from app.web.messages import OnlyOurMessages
from app.web.tour_cookie import TourCookie
from app.web.visit_cookie import VisitCookie
from forecasts.settings import Home, SettingsError

if TYPE_CHECKING:
    from streamlit.runtime.secrets import SecretsValue

BAD_INPUT = 2
SCRIPT = Path(__file__).with_name("start.py")


def settings() -> tuple[dict[str, "SecretsValue"], list[Middleware]]:
    """Return the secrets of a login and the layers around the app, or end the process with one line."""
    try:
        home, metrics = Home.from_environment(os.environ), wants_metrics(os.environ)
        secrets = login_file.read(home.root / login_file.LOGIN_FILE)
        local = local_mode.check(os.environ, address=st.get_option("server.address"), login=bool(secrets))
    except (SettingsError, LoginFileError, LocalModeError, HealthError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(BAD_INPUT)
    outer = [Middleware(SafeHeaders), *([Middleware(OnlyFromHere)] if local else [])]
    outer.append(Middleware(HealthPages, home=home, metrics=metrics))
    inner = [Middleware(Limits), Middleware(OnlyOurMessages, script=SCRIPT)]
    return secrets, [*outer, *inner, Middleware(VisitCookie), Middleware(TourCookie)]


SECRETS, LAYERS = settings()
app = App(SCRIPT, secrets=SECRETS, middleware=LAYERS)
"""Streamlit looks for this assignment in the file's text."""
