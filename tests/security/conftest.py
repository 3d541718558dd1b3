"""Fixtures of the tests of security: servers on the loopback, stores on both databases, homes of the command line."""

from tests.browser.conftest import serve
from tests.cli.conftest import entered, home
from tests.forecasts.conftest import store

__all__ = ["entered", "home", "serve", "store"]
