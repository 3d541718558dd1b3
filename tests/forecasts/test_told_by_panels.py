"""A promise that a fitted panel holds moves its series once: its report counts no second time on the levels."""

from dataclasses import replace
from datetime import date

import numpy as np

from forecasts import encode
from forecasts.board import load
from forecasts.domain import Effect
from forecasts.encode_evidence import told_by_panels
from forecasts.settings import SHIPPED_BOARDS
from tests.forecasts.records import evidence

BOARD, _ = load(SHIPPED_BOARDS / "indivisible-security")
DAY = date(2026, 7, 1)


def item(entry: str):
    effects = (Effect("rearmament_3pct", date(2030, 12, 31), 1.5, 1.2, 2.0), Effect("ceasefire", DEADLINE, 1.2, 1, 1.4))
    return replace(evidence(entry), effects=effects)


DEADLINE = date(2027, 12, 31)


def test_the_shipped_board_names_the_report_of_the_pledge():
    assert told_by_panels(BOARD) == {("E051", "rearmament_3pct"), ("E051", "rearmament_3_5pct")}


def test_only_the_effect_on_the_levels_is_left_out():
    found, labels = encode.items(BOARD, (item("E051"), item("E052")), as_of=DAY)
    told = [(labels.entries[e], BOARD.questions[q].id) for e, q in zip(found.entry, found.question, strict=True)]
    assert told == [("E051", "ceasefire"), ("E052", "rearmament_3pct"), ("E052", "ceasefire")]
    assert np.isfinite(found.log_lr).all()


def test_an_item_of_which_nothing_is_left_keeps_its_name():
    pledge = replace(item("E051"), effects=item("E051").effects[:1])
    found, labels = encode.items(BOARD, (pledge,), as_of=DAY)
    assert found.count == 0
    assert labels.entries == ("E051",)
