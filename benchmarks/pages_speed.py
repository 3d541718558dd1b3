"""Pages of the app on the shipped board with two years of weekly snapshots: one script run, cold caches and warm.

Streamlit's own test harness runs the page's script as the server does and then also reads every element back, so the
figures are a little higher than what a server needs. The history is published through the real snapshot store.
"""

import os
import statistics
import tempfile
from pathlib import Path
from time import perf_counter

import streamlit as st
from streamlit.testing.v1 import AppTest

from forecasts.settings import Home, open_workspace
from tests.app import publishing

WEEKS = 105
BAR_MS = 300.0
RUNS = 7
PAGES = ("board", "question", "add_evidence", "calibration", "runs")


def publish(root: Path) -> None:
    """Publish two years of weekly retrospective snapshots and a live one into a new home."""
    opened = open_workspace(Home.from_environment({"TWIXT_HOME": str(root)}))
    board = publishing.enter(opened)
    publishing.publish_history(opened, board, weeks=WEEKS)
    publishing.publish(opened, board, on=publishing.NOW, mode="live", step=WEEKS)
    opened.store.close()


def drawn(page: str) -> AppTest:
    """Return a page ready to run."""
    return AppTest.from_string(f"from app.pages import {page}\n{page}.render()", default_timeout=120)


def run_ms(test: AppTest) -> float:
    """Run a page once; return milliseconds."""
    begun = perf_counter()
    test.run()
    if test.exception:
        raise RuntimeError(test.exception[0].value)
    return 1000 * (perf_counter() - begun)


def rows() -> list[dict[str, object]]:
    """Return the times of every page: the first run on cold caches, the median of warm ones."""
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TWIXT_HOME"] = folder
        os.environ.pop("TWIXT_DB", None)
        publish(Path(folder))
        for page in PAGES:
            st.cache_resource.clear()
            test = drawn(page)
            cold = run_ms(test)
            warm = statistics.median(run_ms(test) for _ in range(RUNS))
            name = f"page {page}, {WEEKS} weekly snapshots, script run"
            found.append(
                {"name": f"{name}, cold caches", "value": round(cold, 1), "unit": "ms", "bar": None, "ok": None}
            )
            found.append(
                {"name": f"{name}, warm", "value": round(warm, 1), "unit": "ms", "bar": BAR_MS, "ok": warm <= BAR_MS}
            )
        st.cache_resource.clear()
    return found


if __name__ == "__main__":
    for row in rows():
        print(row)
