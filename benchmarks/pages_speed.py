"""Pages of the app: one script run of each with cold caches and warm, and the first load of a warm server in Chromium.

Two homes: the shipped board with two years of weekly snapshots, and the one of `two_years` (daily snapshots, 25
questions, 500 evidence items). Streamlit's own test harness runs the page's script as the server does and then also
reads every element back, so those figures are a little higher than what a server needs. The first load is a new browser
without a cache: from asking for the address until the content stands there and its charts are drawn.
"""

import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import streamlit as st
from playwright.sync_api import Browser, sync_playwright
from streamlit import config
from streamlit.testing.v1 import AppTest

from app.main import RENDER
from benchmarks import two_years
from benchmarks.served import served
from forecasts.settings import Home, open_workspace
from tests.app import publishing

WEEKS = 105
WEEKLY_BAR_MS = 300.0
WEEKLY = ("board", "question", "add_evidence", "calibration", "runs")
DAILY_BAR_MS = 400.0
LOAD_BAR_S = 2.5
RUNS = 7
LOADS = 5
ADDRESS = {
    "question": {"question": "ceasefire", "deadline": "2027-12-31"},
    "what_if": {"mode": "see", "if": "ceasefire by 2027-12-31"},
    "add_evidence": {"question": "ceasefire"},
}
"""What the address of a page says beyond its name, so that it shows all it has."""
CONTENT = {
    "": ".tx-row .tx-num",
    "question?question=ceasefire&deadline=2027-12-31": ".tx-big",
}
"""Addresses whose first load is timed -> what stands there when the content does, beside the charts."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
DRAWN = """() => {
  const charts = [...document.querySelectorAll('[data-testid=stVegaLiteChart]')].filter(c => c.checkVisibility());
  return charts.length > 0 && charts.every(c => c.querySelector('svg'));
}"""

type Row = dict[str, object]


def rows() -> list[Row]:
    """Return the figures of both homes."""
    with home() as folder:
        publish_weeks(folder)
        found = list(script_rows(WEEKLY, f"{WEEKS} weekly snapshots", WEEKLY_BAR_MS))
    with home() as folder:
        two_years.build(folder)
        found += script_rows(tuple(RENDER), "two years of days", DAILY_BAR_MS)
        return [*found, *load_rows(folder)]


@contextmanager
def home() -> Iterator[Path]:
    """Give an empty home that the pages of this process read, as the owner at a local keyboard sees them."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"TWIXT_HOME": folder, "TWIXT_LOCAL": "1"}
        os.environ.pop("TWIXT_DB", None)
        config.set_option("server.address", "127.0.0.1")
        yield Path(folder)
        st.cache_resource.clear()
        st.cache_data.clear()


def publish_weeks(root: Path) -> None:
    """Publish two years of weekly retrospective snapshots and a live one into a new home."""
    opened = open_workspace(Home.from_environment({"TWIXT_HOME": str(root)}))
    board = publishing.enter(opened)
    publishing.publish_history(opened, board, weeks=WEEKS)
    publishing.publish(opened, board, on=publishing.NOW, mode="live", step=WEEKS)
    opened.store.close()


def script_rows(pages: tuple[str, ...], what: str, bar: float) -> Iterator[Row]:
    """Give two figures of each page: its first run on cold caches, the median of warm ones."""
    for page in pages:
        st.cache_resource.clear()
        st.cache_data.clear()
        test = drawn(page)
        cold = run_ms(test)
        warm = statistics.median(run_ms(test) for _ in range(RUNS))
        name = f"page {page}, {what}, script run"
        yield {"name": f"{name}, cold caches", "value": round(cold, 1), "unit": "ms", "bar": None, "ok": None}
        yield {"name": f"{name}, warm", "value": round(warm, 1), "unit": "ms", "bar": bar, "ok": warm <= bar}


def drawn(page: str) -> AppTest:
    """Return a page ready to run."""
    test = AppTest.from_string(f"from app.main import RENDER\nRENDER[{page!r}]()", default_timeout=120)
    for key, value in ADDRESS.get(page, {}).items():
        test.query_params[key] = value
    return test


def run_ms(test: AppTest) -> float:
    """Run a page once; return milliseconds.

    Raises
    ------
    RuntimeError
        When the page was not drawn.
    """
    begun = perf_counter()
    test.run()
    taken = 1000 * (perf_counter() - begun)
    failed = [title.value for title in test.title if "could not be drawn" in title.value]
    if test.exception or failed:
        raise RuntimeError([*(e.value for e in test.exception), *failed])
    return taken


def load_rows(folder: Path) -> list[Row]:
    """Return how long a first load of a warm server takes, by page."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise RuntimeError("no Chromium here: apt-get install chromium")
    with served(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        found = [load_row(browser, address, path, content) for path, content in CONTENT.items()]
        browser.close()
    return found


def load_row(browser: Browser, address: str, path: str, content: str) -> Row:
    """Return the median first load of one page, after one that warms the server."""
    seconds = [load_s(browser, f"{address}/{path}", content) for _ in range(LOADS + 1)][1:]
    middle = statistics.median(seconds)
    name = f"first load of {path.partition('?')[0] or 'board'}, two years of days, warm server, Chromium"
    return {"name": name, "value": round(middle, 3), "unit": "s", "bar": LOAD_BAR_S, "ok": middle <= LOAD_BAR_S}


def load_s(browser: Browser, address: str, content: str) -> float:
    """Return the seconds until a page's content and its charts stand in a browser that has never seen it."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, timezone_id="UTC")
    page = context.new_page()
    page.set_default_timeout(60_000)
    begun = perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(content)
    page.wait_for_function(DRAWN)
    taken = perf_counter() - begun
    context.close()
    return taken


if __name__ == "__main__":
    for row in rows():
        print(row)
