"""What one board gives as twixt lines another one takes: every forecast that was live, at its instant, to the bit."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts import snapshots
from forecasts.domain import Entry, Forecast, LedgerView
from forecasts.exchange import formats, own_lines
from forecasts.exchange.import_report import Choices, prepare
from tests.forecasts.small_board import BOARD

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEADLINE = date(2026, 12, 31)
INSTANTS = st.integers(0, 400 * 86_400_000_000).map(
    lambda n: datetime(2025, 1, 2, tzinfo=UTC) + timedelta(microseconds=n)
)


def view(records: list[Forecast]) -> LedgerView:
    """Return a record in which every forecast was entered when it was issued."""
    rows = (Entry("small", i, r.id, 1, r.issued_at, "owner", r, "") for i, r in enumerate(records, 1))
    return LedgerView("small", NOW, "live", len(records), "", None, tuple(rows))


FORECASTS = st.lists(
    st.tuples(
        st.sampled_from(["p0123456789abcdef", "crowd:metaculus", "crowd:x.y"]),
        st.one_of(st.none(), st.floats(0, 1)),
        INSTANTS,
    ),
    max_size=12,
    unique_by=lambda f: (f[0], f[2]),
)


@settings(max_examples=40)
@given(said=FORECASTS)
def test_every_forecast_comes_back_as_it_was_issued(said: list[tuple[str, float | None, datetime]]) -> None:
    records = [
        Forecast(f"F{i:03d}", "truce", DEADLINE, who, chance, at, at.date(), "", "", "")
        for i, (who, chance, at) in enumerate(said, 1)
    ]
    empty = pl.DataFrame(schema=snapshots.HISTORY)
    given_lines = own_lines.of_board(BOARD, view(records), empty, licence="CC BY 4.0")
    content = "".join(f"{line}\n" for line in own_lines.write(given_lines)).encode()
    reading = formats.read("lines", content, "small.jsonl")
    pairs = {f"{BOARD.id}/truce/{DEADLINE}": ("truce", DEADLINE)}
    found = prepare(
        "lines",
        reading,
        pairs,
        Choices("change"),
        board=replace(BOARD, id="other"),
        view=LedgerView("other", NOW, "live", 0, "", None),
        known=(),
        now=NOW,
    )
    assert not found.skipped
    assert sorted(
        (found.voices[f.forecaster], f.probability, f.issued_at) for f in found.accepted if f.probability is not None
    ) == sorted((f"{BOARD.id} {who}", chance, at) for who, chance, at in said if chance is not None)
    assert len(found.accepted) == len(said)
    assert {q.licence for q in reading.questions} == {"CC BY 4.0"}
    assert {(q.title, q.closes_at.date()) for q in reading.questions if q.closes_at} == {
        (q.title, day) for q in BOARD.questions for day in q.deadlines
    }
