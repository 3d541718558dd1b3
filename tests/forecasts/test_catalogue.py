"""Draws are sampled once for each hash of their inputs, and what is kept or shipped is what is used."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from forecasts import catalogue, class_rates, class_rates_fit, draws_file
from forecasts.artefacts import Artefacts
from forecasts.board import load
from forecasts.board_store import BoardInRecord
from forecasts.catalogue import RATES, ParametersRefusedError, at_hand, parameter_draws, read_back, recipes
from forecasts.definition import Board
from forecasts.draws_file import DrawsFileError
from forecasts.encode_clock import class_exposure
from forecasts.errors import CorruptArtefactError
from forecasts.recipe import at_hand as found_at_hand
from forecasts.recipe import keep
from forecasts.replay import Moment
from forecasts.settings import SHIPPED_BOARDS
from forecasts.shipped import Entry, Shipped
from tests.forecasts.small_board import BOARD, OPENS, case, edge, judged, view
from tests.forecasts.small_board import class_rates as exact

SHORT = {"chains": 4, "draws": 400, "tune": 400, "target_accept": 0.9, "seed": 3}
NOTHING_SHIPPED = Shipped(Path("nowhere"))


def moment(board: Board = BOARD) -> Moment:
    """Return the opening of a board without any record."""
    return Moment(BoardInRecord(board, 1, 1), view(), OPENS)


def input_hash(board: Board = BOARD) -> str:
    return recipes(moment(board))[RATES].input_hash


def stored(wanted: str, *, rows: int = 40) -> bytes:
    """Return a draws file of exact class rates for these inputs."""
    rates = replace(exact(rows=rows), input_hash=wanted)
    return draws_file.to_bytes(class_rates.file_of(rates), bits=8)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sample fewer draws than a real run: the gate's bounds stay as they are."""
    monkeypatch.setattr(class_rates_fit, "SAMPLER", SHORT)


@pytest.fixture
def artefacts(tmp_path: Path) -> Artefacts:
    return Artefacts(tmp_path / "artefacts")


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sampling fail the test."""

    def sample(*_: object) -> None:
        raise AssertionError("sampled")

    monkeypatch.setattr(class_rates_fit.Recipe, "sample", sample)


def file_of(artefacts: Artefacts, name: str) -> Path:
    return next(p for p in artefacts.root.rglob(name))


def test_the_hash_covers_what_the_rates_depend_on_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    before = input_hash()
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
    monkeypatch.setattr(class_rates_fit, "SAMPLER", SHORT)
    short = input_hash()
    monkeypatch.setattr(class_rates_fit, "BITS", 9)
    assert len({before, short, input_hash()}) == 3


def test_a_board_without_cases_needs_no_draws(artefacts: Artefacts) -> None:
    found = parameter_draws(moment(replace(BOARD, cases=())), artefacts)
    assert (found.artefacts, found.sampled, found.receipt, found.all.rates.questions) == ({}, False, {}, ())
    assert at_hand(moment(replace(BOARD, cases=())), artefacts) == {}


@pytest.mark.usefixtures("never")
def test_kept_draws_are_read_back(artefacts: Artefacts) -> None:
    assert at_hand(moment(), artefacts) is None
    name = artefacts.put(stored(input_hash()))
    artefacts.bind(input_hash(), name)
    assert at_hand(moment(), artefacts) == {RATES: name}
    found = parameter_draws(moment(), artefacts)
    assert (found.artefacts, found.sampled) == ({RATES: name}, False)
    assert found.receipt[RATES]["origin"] == "kept"
    again = read_back(artefacts, found.receipt)
    np.testing.assert_array_equal(again.rates.rate, found.all.rates.rate)


def test_what_a_snapshot_was_computed_from_must_be_there(artefacts: Artefacts) -> None:
    with pytest.raises(CorruptArtefactError, match="missing"):
        read_back(artefacts, {RATES: {"artefact": "ab" * 32}})
    with pytest.raises(DrawsFileError, match="older version"):
        read_back(artefacts, {"artefact": "ab" * 32, "input_hash": "cd" * 32})


@pytest.fixture
def folder(tmp_path: Path) -> Shipped:
    """Return a folder of shipped draws with one file, for the small board's class rates."""
    shipped, data = Shipped(tmp_path / "draws"), stored(input_hash())
    shipped.write({"class_rates.nc": (data, Entry(input_hash(), hashlib.sha256(data).hexdigest(), {}))})
    return shipped


@pytest.mark.usefixtures("never")
def test_shipped_draws_are_used_once_and_kept_from_then_on(artefacts: Artefacts, folder: Shipped) -> None:
    recipe = class_rates_fit.recipe(BOARD)
    first, _ = found_at_hand(recipe, artefacts, shipped=folder)
    assert first is not None
    assert (first.origin, first.note) == ("shipped", "")
    again, _ = found_at_hand(recipe, artefacts, shipped=NOTHING_SHIPPED)
    assert again is not None
    assert (again.origin, again.artefact) == ("kept", first.artefact)
    assert folder.find("ab" * 32) is None


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def harmed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def other_index(path: Path) -> None:
    path.with_name("index.json").write_text('{"class_rates.nc": {"input_hash": 1}}')


@pytest.mark.slow
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("harm", [emptied, harmed, Path.unlink, other_index])
def test_shipped_draws_that_are_damaged_are_sampled_anew_and_the_receipt_says_so(
    artefacts: Artefacts, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    shipped, recipe = Shipped(tmp_path / "draws"), class_rates_fit.recipe(BOARD)
    data = stored(recipe.input_hash)
    shipped.write({"class_rates.nc": (data, Entry(recipe.input_hash, hashlib.sha256(data).hexdigest(), {}))})
    harm(shipped.folder / "class_rates.nc")
    missing, note = found_at_hand(recipe, artefacts, shipped=shipped)
    assert missing is None
    found = keep(recipe, artefacts, recipe.sampled(), note=note)
    assert found.sampled
    assert found.note.startswith("shipped draws could not be read")


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_draws_are_sampled_kept_and_replaced_only_on_request(artefacts: Artefacts) -> None:
    seen: list[tuple[int, int]] = []
    first = parameter_draws(moment(), artefacts, progress=lambda done, total: seen.append((done, total)))
    assert first.sampled
    assert seen[-1] == (3200, 3200)
    again = parameter_draws(moment(), artefacts)
    assert (again.sampled, again.artefacts) == (False, first.artefacts)
    np.testing.assert_array_equal(again.all.rates.rate, first.all.rates.rate)
    fresh = parameter_draws(moment(), artefacts, resample=True)
    assert fresh.sampled
    assert parameter_draws(moment(), artefacts).artefacts == fresh.artefacts
    assert artefacts.has(first.artefacts[RATES])  # a snapshot may name it


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_sampled_rates_follow_the_closed_form_and_carry_their_gate(artefacts: Artefacts) -> None:
    rates = parameter_draws(moment(), artefacts).all.rates
    assert all(line["ok"] for line in rates.receipt["gate"])
    assert rates.receipt["sampler"] == SHORT
    assert set(rates.receipt["cases_alike"]) == set(rates.questions)
    assert rates.receipt["versions"]["pymc"].startswith("6.")
    for name in rates.questions:
        law = exact_law(BOARD, name)
        # 1,600 draws worth at least half as many: standard error of a mean sd / sqrt(800)
        assert abs(rates.of(name).mean() - law.mean()) < 4.5 * law.std() / np.sqrt(800), name


def exact_law(board: Board, name: str):
    own = [c for c in board.cases if c.question == name]
    shape = 0.5 + sum(c.comparability * c.events for c in own)
    return stats.gamma(shape, scale=1 / (0.01 + sum(c.comparability * class_exposure(board, c) for c in own)))


@pytest.mark.slow
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("harm", ["damaged", "emptied", "swapped"])
def test_draws_that_cannot_be_read_are_sampled_again_and_the_receipt_says_so(artefacts: Artefacts, harm: str) -> None:
    name = artefacts.put(stored(input_hash()))
    artefacts.bind(input_hash(), name)
    path = file_of(artefacts, name)
    if harm == "damaged":
        path.write_bytes(path.read_bytes()[:-100])
    elif harm == "emptied":
        path.write_bytes(b"")
    else:  # whole, but of other inputs
        artefacts.bind(input_hash(), artefacts.put(stored("0" * 64)))
    found = parameter_draws(moment(), artefacts)
    assert found.sampled
    assert found.receipt[RATES]["note"].startswith("kept draws could not be read")
    after = parameter_draws(moment(), artefacts)
    assert (after.sampled, after.receipt[RATES]["note"], after.artefacts) == (False, "", found.artefacts)


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_draws_that_were_deleted_are_sampled_again(artefacts: Artefacts) -> None:
    name = artefacts.put(stored(input_hash()))
    artefacts.bind(input_hash(), name)
    file_of(artefacts, name).unlink()
    assert parameter_draws(moment(), artefacts).sampled


@pytest.mark.slow
def test_a_refused_fit_keeps_nothing(artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_rates_fit, "SAMPLER", SHORT | {"chains": 2})
    with pytest.raises(ParametersRefusedError, match=r"class_rates: .*chains 2 \(at least 4\)"):
        parameter_draws(moment(), artefacts)
    assert artefacts.hashes() == set()
    assert artefacts.bound(input_hash()) is None


@pytest.mark.slow
def test_the_shipped_boards_rates_sampled_anew_agree_with_the_closed_form(artefacts: Artefacts) -> None:
    board, problems = load(SHIPPED_BOARDS / "indivisible-security")
    assert board is not None, problems
    rates = parameter_draws(moment(board), artefacts, resample=True).all.rates
    for name in rates.questions:
        law = exact_law(board, name)
        for p in (0.05, 0.5, 0.95):
            # draws worth at least 4,000 in the tails: standard error of a share sqrt(p (1 - p) / 4000)
            assert abs(np.mean(rates.of(name) <= law.ppf(p)) - p) < 4.5 * np.sqrt(p * (1 - p) / 4000), (name, p)
    # NATO has 1,435 member-years without an exit; the other alliances of this class lost a member every 25 to 90
    assert [q for q, p in rates.receipt["cases_alike"].items() if p < 0.05] == ["us_nato_exit_notice"]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"exposure_years": 0.0}, "exposure 0"), ({"comparability": 2.0}, "weight 2"), ({"events": -1.0}, "events -1")],
)
def test_cases_that_cannot_be_fitted_are_refused(artefacts: Artefacts, change: dict[str, float], message: str) -> None:
    wrong = replace(BOARD, cases=(replace(BOARD.cases[0], **change), *BOARD.cases[1:]))
    with pytest.raises(ValueError, match=message):
        parameter_draws(moment(wrong), artefacts)


def test_every_question_has_a_label_of_where_its_numbers_come_from() -> None:
    labels = {q.id: catalogue.label(BOARD, q) for q in BOARD.questions}
    kinds = {q.kind: {labels[p.id] for p in BOARD.questions if p.kind == q.kind} for q in BOARD.questions}
    assert kinds["vote"] == {"elicited"}
    assert kinds["event"] == {"fitted class rate x elicited"}
    assert kinds["threshold"] <= {"elicited", "fitted"}
