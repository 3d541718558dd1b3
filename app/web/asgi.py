"""The app's server: `streamlit run app/web/asgi.py`, or any ASGI server on `app`."""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from app.web.headers import SafeHeaders

app = App(Path(__file__).with_name("start.py"), middleware=[Middleware(SafeHeaders)])
