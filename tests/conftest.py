"""What every test shares: one compile cache a session, one thread a worker, and skips that fail under CI.

Shared fixtures: `testdata` (others' published data, never committed), `essay` (the essay's text).
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TWIXT_CACHE", str(ROOT / ".cache"))

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from forecasts.settings import Home, prepare_caches  # noqa: E402

prepare_caches(Home.from_environment(os.environ), os.environ)

settings.register_profile("twixt", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("twixt")

pytest_plugins = ["tests.postgres"]


def shared(name: str) -> Path:
    """Return the path of published test data, of which TWIXT_TESTDATA names the folder."""
    return Path(os.environ.get("TWIXT_TESTDATA", ROOT.parent / "shared" / "testdata")) / name


@pytest.fixture(scope="session")
def testdata():
    """Return a finder of published test files that skips with the reason where one is absent."""

    def find(name: str) -> Path:
        path = shared(name)
        if not path.exists():
            pytest.skip(f"published test data {name!r} is absent: set TWIXT_TESTDATA to its folder")
        return path

    return find


@pytest.fixture(scope="session")
def essay() -> str:
    """Return the essay's text, which is not ours to ship."""
    path = shared("").parent / "essay.txt"
    if not path.exists():
        pytest.skip("the essay's text is absent: set TWIXT_TESTDATA to the folder beside it")
    return path.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _own_main(monkeypatch):
    """Give `__main__` back: Streamlit's AppTest leaves its script there, and a spawned worker would run that first."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def _fails_when_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped under CI, where everything must run: {report.longrepr}"


WAITING = {"alerts", "backups", "browser", "deploy", "faults", "jobs", "security", "site", "workers"}
"""Folders whose tests wait for other programs: browsers, servers, killed processes."""


def pytest_collection_modifyitems(items):
    """Try what waits for other programs once more before it counts as failed; the summary tells it as `rerun`."""
    for item in items:
        if WAITING & set(item.path.parts[len(ROOT.parts) :]):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skipped test into a failure under CI."""
    report = yield
    _fails_when_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Turn a skipped module into a failure under CI."""
    report = yield
    _fails_when_skipped(report)
    return report
