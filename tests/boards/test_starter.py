"""`twixt board new`: the starter board passes every check on any day, and nothing is half-written."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts import board, board_new, board_seed
from forecasts.domain import Confirmation, Evidence

TODAY = date(2026, 11, 22)


@settings(max_examples=60, deadline=None)
@given(today=st.dates(min_value=date(2025, 6, 1), max_value=date(2060, 12, 31)))
def test_it_passes_check_on_any_day(tmp_path_factory, today):
    place = tmp_path_factory.mktemp("starter") / "my-bridge"
    board_new.write(place, today=today)
    loaded, problems = board.load(place)
    assert problems == []
    records, problems = board_seed.load(place, loaded, today=today)
    assert problems == []
    assert loaded.opens == today - timedelta(days=board_new.AGE_DAYS)
    assert loaded.series[0].states[0].published_on <= loaded.opens
    assert [r.through for r in records if isinstance(r, Confirmation)] == [today - timedelta(days=1)]
    assert all(e.deadline > today for r in records if isinstance(r, Evidence) for e in r.effects)


def test_it_shows_every_common_part_of_a_definition(tmp_path):
    place = tmp_path / "my-bridge"
    names = board_new.write(place, today=TODAY)
    loaded, _ = board.load(place)
    assert loaded.id == "my-bridge"
    assert {q.kind for q in loaded.questions} == {"event", "vote", "threshold"}
    assert (len(loaded.votes), len(loaded.series), len(loaded.scenarios)) == (1, 1, 3)
    assert "Senate" not in loaded.votes[0].body
    assert set(names) == {f.name for f in place.iterdir()}
    texts = "".join(f.read_text(encoding="utf-8") for f in place.iterdir())
    assert "@" not in texts
    assert all((place / name).read_text(encoding="utf-8").startswith("# ") for name in names if name.endswith(".toml"))


@pytest.mark.parametrize("name", ["My-Bridge", "1bridge", "my bridge", "-x", "x" * 61, "my_bridge", "brücke"])
def test_a_name_that_cannot_be_an_id_is_refused(tmp_path, name):
    with pytest.raises(board_new.BoardNewError, match="small letters, digits and - are needed"):
        board_new.write(tmp_path / name, today=TODAY)
    assert list(tmp_path.iterdir()) == []


def test_what_stands_there_is_not_touched(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for name in ("taken", "file"):
        with pytest.raises(board_new.BoardNewError, match="exists and is not empty"):
            board_new.write(tmp_path / name, today=TODAY)
    assert (tmp_path / "taken" / "x").read_text(encoding="utf-8") == "mine"
    (tmp_path / "empty").mkdir()
    assert "board.toml" in board_new.write(tmp_path / "empty", today=TODAY)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "file", "taken"]


def test_a_directory_above_is_made(tmp_path):
    board_new.write(tmp_path / "a" / "b" / "bridge", today=TODAY)
    assert board.find([tmp_path / "a" / "b"]) == {"bridge": tmp_path / "a" / "b" / "bridge"}


def test_a_place_below_a_file_is_one_line(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(board_new.BoardNewError, match="'bridge' cannot be written: "):
        board_new.write(tmp_path / "file" / "bridge", today=TODAY)
