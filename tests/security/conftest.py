"""Fixtures of the tests of security: servers as the browser tests start them, on the loopback."""

from tests.browser.conftest import serve
from tests.forecasts.conftest import store

__all__ = ["serve", "store"]
