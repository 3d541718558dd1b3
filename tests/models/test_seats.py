"""Seats that change hands: closed forms, counts that add up, luck that stays where it is."""

from dataclasses import replace

import numpy as np
import pytest

from models.seats import Changes, Seats, grid, seat_counts, split_states

DRAWS = 20_000
PARTY = np.array([0, 0, 0, 1, 1, 1, 1])
PLACE = np.array([-0.6, -0.35, -0.1, 0.2, 0.45, 0.5, 0.9])
GRID = grid(PLACE, PARTY)
UP = np.array([[0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0, 0], [0, 1, 0, 0, 1, 1, 0]], bool)


def keys(shift: int) -> np.ndarray:
    return np.arange(21, dtype=np.uint64).reshape(3, 7) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(shift)


def body(**changes: object) -> Seats:
    none = np.zeros(7, bool)
    seats = Seats(PARTY, np.full(7, -1), none, none, UP, keys(1), keys(1000))
    return replace(seats, **changes)


def changing(keep: float = 1.2, opened: float = -1.0, split: float = -0.7, swing: float = 0.0) -> Changes:
    each = np.ones(DRAWS)
    return Changes(keep * each, opened * each, split * each, np.full((DRAWS, 3), swing))


def held(log_odds: float) -> float:
    return 1 / (1 + np.exp(-log_odds))


def of_party_1(counts: np.ndarray) -> np.ndarray:
    return counts[..., 5:10].sum(axis=-1)


def test_every_draw_of_every_body_has_all_its_seats() -> None:
    counts = seat_counts(body(), GRID, changing(), seed=1)
    assert counts.shape == (3, DRAWS, 10)
    assert np.allclose(counts.sum(axis=2), 7)
    assert counts.min() >= 0
    assert np.ptp(counts[0], axis=0).max() == 0.0


def test_a_seat_that_is_not_up_and_one_that_is_surely_held_stay() -> None:
    counts = seat_counts(body(), GRID, changing(keep=60.0), seed=1)
    assert np.allclose(counts, counts[0, :1])


@pytest.mark.parametrize(
    ("changes", "log_odds"),
    [
        ({}, 1.2),
        ({"open": np.ones(7, bool)}, 0.2),
        ({"split": np.ones(7, bool)}, 0.5),
        ({"open": np.ones(7, bool), "split": np.ones(7, bool)}, -0.5),
    ],
)
def test_the_first_election_has_the_stated_odds(changes: dict[str, object], log_odds: float) -> None:
    """One seat of each party is up: seats of party 1 have the mean 3 + p + (1 - p) and the variance 2 p (1 - p)."""
    counts = of_party_1(seat_counts(body(**changes), GRID, changing(), seed=1)[1])
    p = held(log_odds)
    sd = np.sqrt(2 * p * (1 - p))
    assert abs(counts.mean() - 4) < 4.5 * sd / np.sqrt(DRAWS)
    assert abs(counts.var() - sd**2) < 4.5 * 1.5 * sd**2 / np.sqrt(DRAWS)


def test_a_swing_moves_seats_to_party_1() -> None:
    """All holders stand, log-odds 1.2 each: P(held) = .768 of party 1 and .426 of party 0 with a swing of 1.5."""
    counts = of_party_1(seat_counts(body(), GRID, changing(swing=1.5), seed=1)[1])
    expected = 3 + held(1.2 + 1.5) + (1 - held(1.2 - 1.5))
    assert abs(counts.mean() - expected) < 4.5 * 0.6 / np.sqrt(DRAWS)


def test_a_member_counted_apart_is_there_until_losing_or_leaving() -> None:
    apart = np.full(7, -1)
    apart[3] = 10
    stays = seat_counts(body(apart=apart), GRID, changing(), seed=1)
    assert stays.shape[2] == 11
    assert stays[0, :, 10].min() == 1.0
    assert abs(stays[1, :, 10].mean() - held(1.2)) < 4.5 * 0.42 / np.sqrt(DRAWS)
    assert np.array_equal(stays[1, :, 10], stays[2, :, 10])
    leaves = seat_counts(body(apart=apart, open=np.ones(7, bool)), GRID, changing(), seed=1)
    assert leaves[1, :, 10].max() == 0.0
    assert np.allclose(leaves.sum(axis=2), 7)


def test_newcomers_are_spread_like_their_party() -> None:
    """Every seat is up and open, all are kept: the mean position of each party stays that of its members."""
    up = np.array([np.zeros(7, bool), np.ones(7, bool)])
    seats = body(up=up, open=np.ones(7, bool), held_key=keys(1)[:2], place_key=keys(1000)[:2])
    changes = Changes(np.full(DRAWS, 60.0), np.zeros(DRAWS), np.zeros(DRAWS), np.zeros((DRAWS, 2)))
    counts = seat_counts(seats, GRID, changes, seed=1)
    for party, places in ((0, PLACE[:3]), (1, PLACE[3:])):
        where = slice(5 * party, 5 * party + 5)
        means = counts[1][:, where] @ GRID.ideal_point[where] / places.size
        assert abs(means.mean() - places.mean()) < 4.5 * places.std() / np.sqrt(places.size * DRAWS)


def test_the_grid_keeps_the_mean_position() -> None:
    counts = seat_counts(body(), GRID, changing(), seed=1)[0, 0]
    assert counts @ GRID.ideal_point == pytest.approx(PLACE.sum())


def test_luck_is_of_the_seat_and_the_day() -> None:
    """A change of one seat's odds leaves the others where they were; threads change nothing; another seed does."""
    first = seat_counts(body(), GRID, changing(), seed=1)
    assert np.array_equal(first, seat_counts(body(), GRID, changing(), seed=1, threads=2))
    assert not np.array_equal(first, seat_counts(body(), GRID, changing(), seed=2))
    later = np.array(UP)
    later[1, 0] = False
    fewer = seat_counts(body(up=later), GRID, changing(), seed=1)
    assert np.array_equal(of_party_1(fewer[2]) - of_party_1(fewer[1]), of_party_1(first[2]) - of_party_1(first[1]))


def test_states_whose_seats_differ_in_party_are_split() -> None:
    found = split_states(["A", "A", "B", "B", "C"], np.array([0, 1, 1, 1, 0]))
    assert found.tolist() == [True, True, False, False, False]


def test_a_missing_position_or_an_empty_party_is_refused() -> None:
    with pytest.raises(ValueError, match="every member needs an ideal point"):
        grid(np.array([np.nan, 0.1]), np.array([0, 1]))
    with pytest.raises(ValueError, match="party 1 has no member"):
        grid(np.array([-0.1, 0.1]), np.array([0, 0]))
