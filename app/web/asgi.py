"""The app's server: `streamlit run app/web/asgi.py`, or any ASGI server on `app`."""

import os
from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from app.web import login_file
from app.web.headers import SafeHeaders
from app.web.visit_cookie import VisitCookie
from forecasts.settings import Home

app = App(
    Path(__file__).with_name("start.py"),
    secrets=login_file.read(Home.from_environment(os.environ).root / login_file.LOGIN_FILE),
    middleware=[Middleware(SafeHeaders), Middleware(VisitCookie)],
)
