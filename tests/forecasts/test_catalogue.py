"""Draws are sampled once for each hash of their inputs, and what is kept is what is used."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from forecasts import catalogue, class_rates
from forecasts.artefacts import Artefacts
from forecasts.board import load
from forecasts.catalogue import ParametersRefusedError, input_hash, parameter_draws
from forecasts.encode_clock import class_exposure
from forecasts.settings import SHIPPED_BOARDS
from tests.forecasts.small_board import BOARD, case, edge, judged

SHORT = {"chains": 4, "draws": 400, "tune": 400, "target_accept": 0.9, "seed": 3}


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sample fewer draws than a real run: the gate's bounds stay as they are."""
    monkeypatch.setattr(catalogue, "SAMPLER", SHORT)


@pytest.fixture
def artefacts(tmp_path: Path) -> Artefacts:
    return Artefacts(tmp_path / "artefacts")


def file_of(artefacts: Artefacts, name: str) -> Path:
    return next(p for p in artefacts.root.rglob(name))


def test_the_hash_covers_what_the_rates_depend_on_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    before = input_hash(BOARD)
    same = [
        replace(BOARD, edges=(*BOARD.edges, edge(("fund",), "truce"))),
        replace(BOARD, adjustments=()),
        replace(BOARD, title="Another title"),
        replace(BOARD, cases=tuple(replace(c, note="a word", name=c.name + "!") for c in BOARD.cases)),
    ]
    assert {input_hash(b) for b in same} == {before}
    clock = tuple(replace(q, shape=judged(0.6, 0.4, 0.9)) if q.shape else q for q in BOARD.questions)
    changed = [
        replace(BOARD, cases=(*BOARD.cases, case("fund", 3.0, 1))),
        replace(BOARD, cases=(replace(BOARD.cases[0], comparability=0.5), *BOARD.cases[1:])),
        replace(BOARD, cases=(replace(BOARD.cases[0], exposure_years=10.5), *BOARD.cases[1:])),
        replace(BOARD, questions=clock),
    ]
    assert len({before, *(input_hash(b) for b in changed)}) == 5
    monkeypatch.setattr(catalogue, "SAMPLER", SHORT)
    assert input_hash(BOARD) != before


def test_a_board_without_cases_samples_nothing(artefacts: Artefacts) -> None:
    found = parameter_draws(replace(BOARD, cases=()), artefacts)
    assert (found.artefact, found.sampled, found.rates.questions) == ("", False, ())


def test_kept_draws_are_read_back(artefacts: Artefacts) -> None:
    kept = replace(_stored(), input_hash=input_hash(BOARD))
    name = artefacts.put(class_rates.to_bytes(kept))
    artefacts.bind(input_hash(BOARD), name)
    found = parameter_draws(BOARD, artefacts)
    assert (found.artefact, found.sampled, found.note) == (name, False, "")
    np.testing.assert_array_equal(found.rates.rate, kept.rate)


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_draws_are_sampled_kept_and_replaced_only_on_request(artefacts: Artefacts) -> None:
    seen: list[tuple[int, int]] = []
    first = parameter_draws(BOARD, artefacts, progress=lambda done, total: seen.append((done, total)))
    assert first.sampled
    assert seen[-1] == (3200, 3200)
    again = parameter_draws(BOARD, artefacts)
    assert (again.sampled, again.artefact) == (False, first.artefact)
    np.testing.assert_array_equal(again.rates.rate, first.rates.rate)
    fresh = parameter_draws(BOARD, artefacts, resample=True)
    assert fresh.sampled
    assert parameter_draws(BOARD, artefacts).artefact == fresh.artefact
    assert artefacts.has(first.artefact)  # a snapshot may name it


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_sampled_rates_follow_the_closed_form_and_carry_their_gate(artefacts: Artefacts) -> None:
    rates = parameter_draws(BOARD, artefacts).rates
    assert all(line["ok"] for line in rates.receipt["gate"])
    assert rates.receipt["sampler"] == SHORT
    assert set(rates.receipt["cases_alike"]) == set(rates.questions)
    assert rates.receipt["versions"]["pymc"].startswith("6.")
    for name in rates.questions:
        own = [c for c in BOARD.cases if c.question == name]
        shape = 0.5 + sum(c.comparability * c.events for c in own)
        years = 0.01 + sum(c.comparability * class_exposure(BOARD, c) for c in own)
        exact = stats.gamma(shape, scale=1 / years)
        # 1,600 draws worth at least half as many: standard error of a mean sd / sqrt(800)
        assert abs(rates.of(name).mean() - exact.mean()) < 4.5 * exact.std() / np.sqrt(800), name


@pytest.mark.slow
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("harm", ["damaged", "emptied", "swapped"])
def test_draws_that_cannot_be_read_are_sampled_again_and_the_receipt_says_so(artefacts: Artefacts, harm: str) -> None:
    first = parameter_draws(BOARD, artefacts)
    path = file_of(artefacts, first.artefact)
    if harm == "damaged":
        path.write_bytes(path.read_bytes()[:-100])
    elif harm == "emptied":
        path.write_bytes(b"")
    else:  # whole, but of other inputs
        artefacts.bind(input_hash(BOARD), artefacts.put(class_rates.to_bytes(_stored())))
    found = parameter_draws(BOARD, artefacts)
    assert found.sampled
    assert "sampled again" in found.note
    after = parameter_draws(BOARD, artefacts)
    assert (after.sampled, after.note, after.artefact) == (False, "", found.artefact)


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_draws_that_were_deleted_are_sampled_again(artefacts: Artefacts) -> None:
    first = parameter_draws(BOARD, artefacts)
    file_of(artefacts, first.artefact).unlink()
    assert parameter_draws(BOARD, artefacts).sampled


@pytest.mark.slow
def test_a_refused_fit_keeps_nothing(artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "SAMPLER", SHORT | {"chains": 2})
    with pytest.raises(ParametersRefusedError, match=r"small, class rates: .*chains 2 \(at least 4\)"):
        parameter_draws(BOARD, artefacts)
    assert artefacts.hashes() == set()
    assert artefacts.bound(input_hash(BOARD)) is None


@pytest.mark.slow
def test_the_shipped_boards_rates_sampled_twice_agree_with_each_other_and_with_the_closed_form(
    artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, problems = load(SHIPPED_BOARDS / "indivisible-security")
    assert board is not None, problems
    first = parameter_draws(board, artefacts).rates
    monkeypatch.setattr(catalogue, "SAMPLER", dict(catalogue.SAMPLER) | {"seed": 1})
    second = parameter_draws(board, artefacts, resample=True).rates
    assert first.rate.tobytes() != second.rate.tobytes()
    for name in first.questions:
        own = [c for c in board.cases if c.question == name]
        shape = 0.5 + sum(c.comparability * c.events for c in own)
        exact = stats.gamma(shape, scale=1 / (0.01 + sum(c.comparability * class_exposure(board, c) for c in own)))
        for p in (0.05, 0.5, 0.95):
            # draws worth at least 4,000 in the tails: standard error of a share sqrt(p (1 - p) / 4000)
            error = 4.5 * np.sqrt(p * (1 - p) / 4000)
            shares = [np.mean(r.of(name) <= exact.ppf(p)) for r in (first, second)]
            assert abs(shares[0] - p) < error, (name, p)
            assert abs(shares[1] - p) < error, (name, p)
            assert abs(shares[0] - shares[1]) < error * np.sqrt(2), (name, p)
    # NATO has 1,435 member-years without an exit; the other alliances of this class lost a member every 25 to 90
    assert [q for q, p in first.receipt["cases_alike"].items() if p < 0.05] == ["us_nato_exit_notice"]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"exposure_years": 0.0}, "exposure 0"), ({"comparability": 2.0}, "weight 2"), ({"events": -1.0}, "events -1")],
)
def test_cases_that_cannot_be_fitted_are_refused(artefacts: Artefacts, change: dict[str, float], message: str) -> None:
    wrong = replace(BOARD, cases=(replace(BOARD.cases[0], **change), *BOARD.cases[1:]))
    with pytest.raises(ValueError, match=message):
        parameter_draws(wrong, artefacts)


def test_every_kind_of_question_has_a_label() -> None:
    assert set(catalogue.LABELS) == {q.kind for q in BOARD.questions}
    assert catalogue.LABELS["vote"] == catalogue.LABELS["threshold"] == "elicited"


def _stored() -> class_rates.ClassRates:
    from tests.forecasts.small_board import class_rates as exact

    return exact(rows=40)
