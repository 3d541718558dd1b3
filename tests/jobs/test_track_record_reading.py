"""The track record of a board that was really published: numbers, people, and a past question from the timing curve."""

import json
from datetime import date

import polars as pl
import pytest

from forecasts import snapshots
from forecasts.domain import Forecast
from forecasts.resolved_table import COLUMNS, ResolvedTableError
from forecasts.track_record_reading import TABLE, read_track_record
from tests.jobs.small_home import NOW

ROW = 'r_half,By the middle of the year?,"As truce on the board, by 30 June 2026.",2026-04-01,2026-06-30,no,,0.1'


def test_a_published_board_has_its_record(new_home, tmp_path) -> None:
    home = new_home()
    home.add(Forecast("F1", "truce", date(2026, 12, 31), "ann", 0.3, NOW, NOW.date(), "", "", ""))
    assert home.refit().kind == "published"
    (tmp_path / TABLE).write_text(",".join(COLUMNS) + "\n" + ROW + "\n", encoding="utf-8")
    rows = read_track_record(home.store, home.artefacts, home.board.id, now=NOW, directory=tmp_path)
    snapshot = snapshots.latest(home.store, home.board.id, mode="live")
    published = snapshot.rows.filter((pl.col("group") == "question") & (pl.col("state") == "open"))
    model = rows.filter((pl.col("forecaster") == "model") & (pl.col("question") != "r_half"))
    assert model.height == published.height
    assert sorted(model["probability"]) == sorted(published["value"])
    assert rows.filter(pl.col("forecaster") == "ann").select("question", "probability", "mode").rows() == [
        ("truce by 2026-12-31", 0.3, "live")
    ]
    curve = json.loads(home.artefacts.get(snapshot.detail_hash))["timing"]["truce"]
    expected = dict(zip(curve["months"], curve["cdf"], strict=True))["2026-06-30"]
    half = dict(rows.filter(pl.col("question") == "r_half").select("forecaster", "probability").iter_rows())
    assert half["model"] == expected > 0
    assert half["frozen prior"] == 0.1
    assert 0 < half["base rate"] < 1
    assert "r_half" not in read_track_record(home.store, home.artefacts, home.board.id, now=NOW)["question"]


def test_a_damaged_table_is_named(home, tmp_path) -> None:
    (tmp_path / TABLE).write_text("id,outcome\n", encoding="utf-8")
    with pytest.raises(ResolvedTableError, match=r"resolved\.csv: column 'title' is missing"):
        read_track_record(home.store, home.artefacts, home.board.id, now=NOW, directory=tmp_path)
