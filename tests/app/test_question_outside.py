"""The question page shows how other sites ask: their criteria, outcome and licence beside ours; words stay words."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from forecasts import ledger
from forecasts.artefacts import Artefacts
from forecasts.domain import Forecast
from forecasts.exchange import import_write
from forecasts.exchange.import_report import Asked, Import
from forecasts.exchange.outside import OutsideQuestion
from forecasts.exchange.outside_of_question import origin
from forecasts.people import LOCAL_OWNER
from forecasts.store import open_store
from tests.app.conftest import SMALL_VIEWED
from tests.app.test_board_page import html
from tests.jobs import small_home

PAIR = ("truce", date(2026, 12, 31))
THEIRS = OutsideQuestion(
    "metaculus",
    "501",
    "Will there be a truce <b>soon</b>?",
    "Thirty days without <script>alert(1)</script> fire.",
    "https://www.metaculus.com/questions/77/",
    None,
    small_home.NOW,
    None,
    "ambiguous",
    "Metaculus Terms of Use",
)


def imported(*questions: OutsideQuestion) -> Import:
    """Return an import of one forecast of each question."""
    asked = tuple(Asked(q, PAIR, "new", kept=True) for q in questions)
    records = tuple(
        Forecast(
            "new",
            *PAIR,
            f"crowd:{q.source}",
            0.3,
            small_home.NOW,
            small_home.NOW.date(),
            "",
            origin(q.source, q.id),
            q.url,
        )
        for q in questions
    )
    return Import("metaculus", asked, records, (), (), 0)


@pytest.fixture
def small(small_published, tmp_path) -> Iterator[small_home.Home]:
    """Give a copy of the published small board, of this test alone."""
    root = shutil.copytree(small_published.artefacts.root.parent, tmp_path / "home")
    with open_store(f"sqlite:///{root / 'twixt.sqlite'}") as store:
        yield small_home.Home(store, Artefacts(root / "artefacts"), small_published.board)


def bring(home: small_home.Home, *questions: OutsideQuestion) -> None:
    """Write an import of questions into a home."""
    found = replace(imported(*questions), position=ledger.tail(home.store, home.board.id).position)
    import_write.write(home.store, found, board=home.board.id, actor=LOCAL_OWNER, now=small_home.NOW)


def test_their_criteria_stand_beside_ours_as_words(page, small) -> None:
    def drawn(question: str):
        test = page("question", small.artefacts.root.parent, at=SMALL_VIEWED, question=question).run()
        assert not test.exception
        return [h.value for h in test.header], html(test)

    headers, _ = drawn("truce")
    assert headers[-1] == "What counts"
    long = replace(THEIRS, id="502", criteria="x" * 2_000, url="", closes_at=None, outcome=None, title="")
    bring(small, THEIRS, replace(long, source="manifold"))
    headers, text = drawn("truce")
    assert headers[-2:] == ["What counts", "As other sites ask it"]
    assert "Thirty days without &lt;script&gt;alert(1)&lt;/script&gt; fire." in text
    assert 'href="https://www.metaculus.com/questions/77/"' in text
    assert "truce &lt;b&gt;soon&lt;/b&gt;?" in text
    assert "judged ambiguous there. Compared with ours by 31 Dec 2026. Licence: Metaculus Terms of Use." in text
    assert "neither decides this question" in text
    assert "<b>Manifold:</b> 502" in text
    assert "No close. Compared" in text
    assert "x" * 1_500 + " …" in text
    assert "x" * 1_501 not in text
    assert "As other sites ask it" not in drawn("pact")[0]
