"""Parameter draws: medians and ranges as elicited, no doubt counted twice, and luck that belongs to names."""

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest

from forecasts import draws_file, durability_fit, encode
from forecasts.board import load
from forecasts.class_rates import NO_RATES, ClassRates
from forecasts.definition import Adjustment, Board, Elicited, Frailty
from forecasts.draws_file import DrawsFile, Variable
from forecasts.encode_chance import Chance, log_sd, logit, logit_sd
from forecasts.encode_draws import edge_draws
from forecasts.parameters import Parameters
from forecasts.settings import SHIPPED_BOARDS
from forecasts.shipped import SHIPPED
from models.world import NEVER, Draws, Start
from tests.forecasts import fitted_durations
from tests.forecasts.small_board import BOARD, SERIES, VOTE, case, class_rates, edge, judged, question, with_questions

AT = {q.id: i for i, q in enumerate(BOARD.questions)}
COUNT = 4000
AS_OF = date(2025, 12, 31)


def nothing_known(day: int, board: Board = BOARD) -> Start:
    never = np.full(len(board.questions), NEVER, np.int16)
    return Start(day, never, never.copy())


def drawn(board: Board = BOARD, rates: ClassRates | None = None, *, seed: int = 3, start: Start | None = None) -> Draws:
    known = start or nothing_known(364, board)
    return encode.draws(board, Parameters(rates or class_rates(board)), known, as_of=AS_OF, count=COUNT, seed=seed)


def test_each_quantity_has_its_elicited_median_and_range() -> None:
    chance = Chance(20_001, 1)
    positive, negative = judged(2.0, 1.0, 4.0), judged(0.03, -0.02, 0.08)
    share = judged(0.5, 0.2, 0.8)
    assert np.quantile(chance.positive(positive, "a"), [0.05, 0.5, 0.95]) == pytest.approx([1.0, 2.0, 4.0], rel=1e-3)
    assert np.quantile(chance.real(negative, "b"), [0.05, 0.5, 0.95]) == pytest.approx([-0.02, 0.03, 0.08], abs=1e-4)
    assert np.quantile(chance.probability(share, "c"), [0.05, 0.5, 0.95]) == pytest.approx([0.2, 0.5, 0.8], abs=1e-3)


def test_names_do_not_share_their_luck() -> None:
    chance = Chance(20_000, 1)
    names = [f"name {i}" for i in range(20)]
    correlation = np.corrcoef([chance.normal(n) for n in names])
    assert np.abs(correlation - np.eye(20)).max() < 4.5 / np.sqrt(20_000)
    assert not np.array_equal(Chance(100, 1).normal("a"), Chance(100, 2).normal("a"))


@pytest.mark.parametrize(("count", "seed"), [(0, 1), (-5, 1), (10, -1)])
def test_no_draws_and_negative_seeds_are_refused(count: int, seed: int) -> None:
    with pytest.raises(ValueError, match=str(min(count, seed))):
        Chance(count, seed)


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not() -> None:
    one, same, other = drawn(seed=3), drawn(seed=3), drawn(seed=4)
    for name in (f.name for f in fields(Draws)):
        assert getattr(one, name).tobytes() == getattr(same, name).tobytes(), name
    assert one.rate.tobytes() != other.rate.tobytes()


def test_a_new_question_and_a_new_edge_move_no_other_draw() -> None:
    added = with_questions(BOARD, question("new"))
    added = replace(
        added,
        cases=(*added.cases, case("new", 5.0, 1)),
        edges=(edge(("new",), "fund"), *added.edges),
        adjustments=(Adjustment("new", judged(1.0, 0.5, 2.0), ()), *added.adjustments),
    )
    before = class_rates(BOARD)
    more = class_rates(added)
    kept = [more.questions.index(n) for n in before.questions]
    rate = more.rate.copy()
    rate[:, :, kept] = before.rate
    one, two = drawn(), drawn(added, replace(more, rate=rate))
    assert two.rate[:, : len(AT)].tobytes() == one.rate.tobytes()
    assert two.log_hr[:, 1:].tobytes() == one.log_hr.tobytes()
    for name in ("gate", "president", "second_vote_rate", "log_share", "growth", "with_probability"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes(), name


def test_every_sampler_draw_is_reused_equally_often() -> None:
    rates = class_rates(rows=400)
    rows = Parameters(rates).drawn(Chance(1000, 3))
    assert set(np.bincount(rows, minlength=400)) == {2, 3}
    truce = rates.of("truce")[rows]
    factor = encode.hazard_draws(BOARD, Parameters(rates), count=1000, seed=3)
    np.testing.assert_array_equal(factor.class_rate[:, AT["truce"]], truce)


def test_without_class_rates_every_draw_is_a_cluster_of_its_own() -> None:
    assert Parameters(NO_RATES).drawn(Chance(50, 3)).tolist() == list(range(50))
    assert Parameters(NO_RATES).clusters(Chance(50, 3)).tolist() == list(range(50))


def fit_of(rows: int) -> DrawsFile:
    values = np.arange(rows, dtype=np.float32).reshape(4, -1)
    return DrawsFile("m", "0" * 64, {}, {"x": Variable((), values, "1")}, {})


def test_draws_that_share_a_row_of_any_fit_are_one_cluster() -> None:
    parameters = Parameters(class_rates(rows=1200), {"pact": fit_of(300), "share": fit_of(400)})
    chance = Chance(2400, 3)
    rows, cluster = parameters.drawn(chance), parameters.clusters(chance)
    for size in (1200, 300, 400):
        assert set(np.bincount(rows % size)) == {2400 // size}
        labels = [set(cluster[rows % size == row]) for row in range(size)]
        assert all(len(found) == 1 for found in labels), size
    assert len(set(cluster)) == 100


def test_fits_whose_numbers_of_draws_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="a fit of 500 draws beside one of 1200: it must go into it a whole number"):
        Parameters(class_rates(rows=1200), {"pact": fit_of(500)})


def test_hazard_is_class_rate_times_factor_times_shared_drivers() -> None:
    pieces = encode.hazard_draws(BOARD, Parameters(class_rates()), count=COUNT, seed=3)
    draws = drawn()
    np.testing.assert_array_equal(pieces.hazard, draws.rate)
    weather = Chance(COUNT, 3).normal("frailty:weather")
    ratio = pieces.hazard / np.where(pieces.class_rate > 0, pieces.class_rate * pieces.factor, 1.0)
    np.testing.assert_allclose(ratio[:, AT["truce"]], np.exp(0.3 * weather))
    np.testing.assert_allclose(ratio[:, AT["fund"]], np.exp(-0.2 * weather))
    np.testing.assert_allclose(ratio[:, AT["pact"]], 1.0)
    assert np.all(pieces.factor[:, AT["fund"]] == 1.0)  # no adjustment: the class rate itself
    assert np.all(draws.rate[:, [AT["consent"], AT["three"], AT["four"], AT["summit"]]] == 0)


def test_an_edge_that_was_divided_out_of_a_factor_is_given_back_draw_by_draw() -> None:
    """With the parent in force the hazard does not depend on how strong the edge was drawn."""
    pieces = encode.hazard_draws(BOARD, Parameters(class_rates()), count=COUNT, seed=3)
    strength = drawn().log_hr[:, 0]
    before = np.log(pieces.factor[:, AT["pact"]])
    assert np.corrcoef(before, strength)[0, 1] < -0.3
    in_force = before + strength
    assert abs(np.corrcoef(in_force, strength)[0, 1]) < 4.5 / np.sqrt(COUNT)
    assert np.median(before) == pytest.approx(np.log(0.25), abs=0.02)


@pytest.mark.parametrize(
    ("factor", "share", "expected"),
    [
        # the edge's log sd is ln(4) / 3.29 = .4214
        (judged(0.25, 0.05, 1.25), 1.0, 0.9784),  # ln(25) / 3.29 = .9784: the edge's doubt fits into it
        (judged(0.25, 0.05, 1.25), 0.0, 0.9784),
        (judged(0.25, 0.20, 0.3125), 1.0, 0.4269),  # ln(1.5625) / 3.29 = .1357: sqrt(.4214^2 + .1357^2 / 4)
        (judged(0.25, 0.20, 0.3125), 0.5, 0.2213),  # sqrt((.4214 / 2)^2 + .1357^2 / 4)
    ],
)
def test_no_doubt_is_counted_twice(factor: Elicited, share: float, expected: float) -> None:
    adjustments = tuple(
        replace(a, factor=factor, divided_share=share) if a.question == "pact" else a for a in BOARD.adjustments
    )
    pieces = encode.hazard_draws(
        replace(BOARD, adjustments=adjustments), Parameters(class_rates()), count=COUNT, seed=3
    )
    assert np.log(pieces.factor[:, AT["pact"]]).std() == pytest.approx(expected, rel=0.03)


def test_the_quality_of_a_vote_is_part_of_its_triggers_range() -> None:
    pieces = encode.hazard_draws(BOARD, Parameters(class_rates()), count=COUNT, seed=3)
    logged = np.log(pieces.factor[:, AT["floor"]])
    elicited = next(a.factor for a in BOARD.adjustments if a.question == "floor")
    quality = Chance(COUNT, 3).normal("quality:consent")
    assert logged.std() == pytest.approx(log_sd(elicited), rel=0.03)
    assert np.polyfit(quality, logged, 1)[0] == pytest.approx(VOTE.quality_trigger, abs=0.03)


def test_the_gate_is_what_was_elicited_among_draws_in_which_a_vote_is_held() -> None:
    draws = drawn()
    held = draws.rate[:, AT["floor"]] * ((BOARD.horizon - AS_OF).days / 365.25)
    weight = 1 + np.expm1(-held) / held
    log_odds = np.log(draws.gate[:, 0, 0, 1, 0] / (1 - draws.gate[:, 0, 0, 1, 0]))
    cell = VOTE.gate[0]
    mean = np.average(log_odds, weights=weight)
    assert mean == pytest.approx(logit(cell.median), abs=0.02)
    assert np.average((log_odds - mean) ** 2, weights=weight) ** 0.5 == pytest.approx(logit_sd(cell), rel=0.03)
    assert np.mean(log_odds) < mean  # those who would be given a vote have the better texts


def test_quality_raises_the_gate_and_the_pace_of_the_vote_together() -> None:
    draws = drawn()
    gate, pace = draws.gate[:, 0, 0, 1, 0], draws.rate[:, AT["floor"]]
    assert np.corrcoef(np.log(gate / (1 - gate)), np.log(pace))[0, 1] > 0.1
    apart = replace(VOTE, quality_gate=0.0, quality_trigger=0.0)
    draws = drawn(replace(BOARD, votes=(apart,)))
    gate, pace = draws.gate[:, 0, 0, 1, 0], draws.rate[:, AT["floor"]]
    assert abs(np.corrcoef(np.log(gate / (1 - gate)), np.log(pace))[0, 1]) < 4.5 / np.sqrt(COUNT)


def test_gates_follow_period_party_and_terms() -> None:
    gate = drawn(replace(BOARD, votes=(replace(VOTE, quality_gate=0.0, quality_trigger=0.0),))).gate[:, 0]
    # stretches: opening, 2026-07-01 (presidency), 2027-05-01 (body); cells of the body's periods .6 .8 / .5 .7
    medians = np.median(gate, axis=0)
    np.testing.assert_allclose(medians[:, 1, :], [[0.6, 0.8], [0.6, 0.8], [0.5, 0.7]], atol=0.01)
    # the other party: logit - .5, for example logit(.6) = .4055 -> -.0945 -> .4764
    assert medians[0, 0, 0] == pytest.approx(0.4764, abs=0.01)
    assert np.corrcoef(gate[:, 0, 1, 0], gate[:, 2, 1, 1])[0, 1] > 0.98  # one judgement moves all cells


def test_presidents_change_with_their_periods_only() -> None:
    party = drawn().president[:, 0]
    assert np.all(party[:, 0] == 1)
    assert party[:, 1].mean() == 0.25  # stratified: exact
    np.testing.assert_array_equal(party[:, 1], party[:, 2])  # the body's election does not change the presidency


def test_a_frailty_on_a_vote_moves_its_gate() -> None:
    shared = Frailty("mood", (("consent", 0.5),), "")
    with_mood, without = drawn(replace(BOARD, frailties=(shared,))), drawn(replace(BOARD, frailties=()))
    mood = Chance(COUNT, 3).normal("frailty:mood")
    moved = [np.log(d.gate[:, 0, 0, 1, 0] / (1 - d.gate[:, 0, 0, 1, 0])) for d in (with_mood, without)]
    np.testing.assert_allclose(moved[0] - moved[1], 0.5 * mood, atol=1e-9)


def test_a_clock_of_its_own_carries_the_class_rate_to_each_draws_shape() -> None:
    rates = class_rates()
    draws = drawn(rates=rates)
    shape, rate = draws.shape[:, AT["relapse"]], draws.rate[:, AT["relapse"]]
    assert np.quantile(shape, [0.05, 0.5, 0.95]) == pytest.approx([0.35, 0.5, 0.7], rel=0.03)
    # cases of 4 years and, at half weight, 9 years: exposure .01 + 4^k + .5 * 9^k; at k = 1/2 it is 3.51
    expected = (
        rates.of("relapse")[Parameters(rates).drawn(Chance(COUNT, 3))] * 3.51 / (0.01 + 4**shape + 0.5 * 9**shape)
    )
    np.testing.assert_allclose(rate, expected, rtol=1e-12)
    assert np.all(np.delete(draws.shape, AT["relapse"], axis=1) == 1.0)


def test_a_series_starts_from_the_state_known_at_the_time() -> None:
    early = encode.draws(
        BOARD, Parameters(class_rates()), nothing_known(100), as_of=date(2025, 9, 2), count=COUNT, seed=3
    )
    late = encode.draws(
        BOARD, Parameters(class_rates()), nothing_known(244), as_of=date(2025, 9, 3), count=COUNT, seed=3
    )
    assert np.median(np.exp(early.log_share)) == pytest.approx(2.0, rel=1e-3)
    assert np.median(np.exp(late.log_share)) == pytest.approx(2.4, rel=1e-3)
    assert np.quantile(late.growth, [0.05, 0.5, 0.95]) == pytest.approx([0.02, 0.08, 0.14], abs=1e-3)
    assert np.quantile(late.damping, 0.5) == pytest.approx(0.8, abs=1e-3)
    assert late.response.min() >= 0


def test_a_missed_publication_carries_the_path_on_below_the_levels_not_reached() -> None:
    at = encode.draws(BOARD, Parameters(class_rates()), nothing_known(364), as_of=AS_OF, count=COUNT, seed=3)
    missed = nothing_known(729)  # 2026-12-31: the publication of 1 September 2026 was not entered
    on = encode.draws(BOARD, Parameters(class_rates()), missed, as_of=date(2026, 12, 31), count=COUNT, seed=3)
    np.testing.assert_array_equal(on.growth, at.growth * at.damping)
    assert np.exp(on.log_share).max() < 2.95  # nobody has seen 3.0 printed
    assert np.median(on.log_share) > np.median(at.log_share)
    done = missed.occurred.copy()
    done[[AT["three"], AT["four"]]] = 600
    free = encode.draws(
        BOARD, Parameters(class_rates()), replace(missed, occurred=done), as_of=date(2026, 12, 31), count=COUNT, seed=3
    )
    step = (free.log_share - at.log_share - at.growth) / at.noise_sd
    assert (step.mean(), step.std()) == pytest.approx((0.0, 1.0), abs=0.01)
    assert np.exp(free.log_share).max() > 2.95


def test_scheduled_events_and_joint_occurrence_keep_their_probability() -> None:
    draws = drawn()
    assert np.median(draws.scheduled_probability) == pytest.approx(0.4, abs=1e-3)
    assert np.median(draws.with_probability) == pytest.approx(0.3, abs=1e-3)
    assert np.quantile(draws.second_vote_rate, [0.05, 0.5, 0.95]) == pytest.approx([0.02, 0.1, 0.5], rel=0.01)


def test_what_cannot_be_drawn_is_an_error_that_names_it() -> None:
    lonely = with_questions(BOARD, question("lonely"))
    with pytest.raises(ValueError, match="'lonely' has no cases"):
        drawn(lonely)
    wrong = replace(BOARD, adjustments=(Adjustment("fund", judged(1, 0.5, 2), ("truce",)),))
    with pytest.raises(ValueError, match="'truce' -> 'fund'"):
        drawn(wrong)
    with pytest.raises(ValueError, match="exceeds the gate's spread"):
        drawn(replace(BOARD, votes=(replace(VOTE, quality_gate=3.0),)))
    with pytest.raises(ValueError, match="3 gates for 2 periods x 2 terms"):
        drawn(replace(BOARD, votes=(replace(VOTE, gate=VOTE.gate[:3]),)))
    with pytest.raises(KeyError, match="'consent'; there are: truce, pact"):
        class_rates().of("consent")


def test_the_adjustments_share_is_how_much_the_spread_answers_to_it() -> None:
    """Power-scaling, done the long way: weights proportional to a power of the adjustment's own density."""
    count = 20_000
    pieces = encode.hazard_draws(BOARD, Parameters(class_rates()), count=count, seed=3)
    row = next(r for r in encode.side_by_side(BOARD, pieces) if r.question == "pact")
    factor, hazard = np.log(pieces.factor[:, AT["pact"]]), np.log(pieces.hazard[:, AT["pact"]])
    log_density = -0.5 * ((factor - factor.mean()) / factor.std()) ** 2
    spread = []
    for power in (0.99, 1.01):
        weight = np.exp((power - 1) * log_density)
        mean = np.average(hazard, weights=weight)
        spread.append(np.log(np.average((hazard - mean) ** 2, weights=weight)))
    sensitivity = -(spread[1] - spread[0]) / np.log(1.01 / 0.99)
    assert row.adjustment_share == pytest.approx(sensitivity, abs=0.03)


def test_side_by_side_says_who_decides() -> None:
    rows = {
        r.question: r
        for r in encode.side_by_side(BOARD, encode.hazard_draws(BOARD, Parameters(class_rates()), count=COUNT, seed=3))
    }
    assert list(rows) == ["truce", "pact", "floor", "relapse", "fund"]
    assert rows["fund"].adjustment_share < 0.2
    assert not rows["fund"].driven_by_adjustment
    assert rows["pact"].driven_by_adjustment
    assert rows["pact"].outside_class
    assert rows["fund"].check is None
    assert rows["fund"].agrees
    # truce: class 2.5 weighted events and a half in 14 years, about .19; times .5 is .095, near its check .1
    assert rows["truce"].hazard[0] == pytest.approx(0.1, rel=0.25)
    assert rows["truce"].agrees
    assert not any(r.cases_differ for r in rows.values())
    told = replace(class_rates(), receipt={"cases_alike": {"truce": 0.02, "fund": 0.4}})
    flagged = encode.side_by_side(BOARD, encode.hazard_draws(BOARD, Parameters(told), count=COUNT, seed=3))
    assert [r.question for r in flagged if r.cases_differ] == ["truce"]
    low = replace(BOARD, questions=tuple(replace(q, hazard_check=judged(0.3, 0.1, 0.9)) for q in BOARD.questions))
    again = encode.side_by_side(low, encode.hazard_draws(low, Parameters(class_rates()), count=COUNT, seed=3))
    assert not next(r for r in again if r.question == "truce").agrees


def test_the_shipped_boards_hazards_agree_with_their_first_elicitation() -> None:
    """The hazard columns were solved from the same pieces: nothing was lost or counted twice on the way."""
    board, problems = load(SHIPPED_BOARDS / "indivisible-security")
    assert board is not None, problems
    fits = {q.id: fitted_durations.file_of(board, q, rows=20_000) for q in board.questions if q.duration}
    known = Parameters(class_rates(board, rows=20_000), fits)
    rows = encode.side_by_side(board, encode.hazard_draws(board, known, count=20_000, seed=1))
    assert len(rows) == 18
    assert set(fits) == {"resumption"}
    for row in rows:
        assert row.check is not None
        assert row.agrees, row
        assert row.hazard[0] == pytest.approx(row.check[0], rel=0.25), row
        # ranges: a factor whose divided edges are wider than itself has the wider one, none is much narrower
        width, judged_width = (np.log(r[2] / r[1]) for r in (row.hazard, row.check))
        assert 0.85 < width / judged_width < 1.35, row


def test_series_noise_is_positive_and_as_elicited() -> None:
    assert np.quantile(drawn().noise_sd, [0.05, 0.5, 0.95]) == pytest.approx([0.02, 0.04, 0.08], rel=0.02)
    assert SERIES.response.median == pytest.approx(np.median(drawn().response), abs=1e-4)


def shipped_with_durations(rows: int = 4000) -> tuple[Board, Parameters]:
    board, problems = load(SHIPPED_BOARDS / "indivisible-security")
    assert board is not None, problems
    fits = {"resumption": fitted_durations.file_of(board, board.question("resumption"), rows=rows)}
    return board, Parameters(class_rates(board, rows=rows), fits)


def test_a_fitted_clock_and_its_edges_are_drawn_together() -> None:
    """Rate, shape and the edges of the fit come from one row of it; all other edges are as elicited."""
    board, parameters = shipped_with_durations()
    chance = Chance(4000, 3)
    drawn_edges = edge_draws(board, parameters, chance)
    pieces = encode.hazard_draws(board, parameters, count=4000, seed=3)
    file, rows, q = parameters.fits["resumption"], parameters.drawn(chance), board.index("resumption")
    np.testing.assert_allclose(
        pieces.class_rate[:, q], np.exp(file.of("log_level")[rows]) * 5 ** -file.of("shape")[rows]
    )
    np.testing.assert_array_equal(pieces.shape[:, q], file.of("shape")[rows])
    names = file.coords["effect"]
    for parent in ("settlement", "senate_consent", "european_force", "us_guarantee"):
        fitted = file.of("log_hr")[rows, names.index(parent)]
        np.testing.assert_array_equal(drawn_edges[parent, "resumption"], fitted)
    elicited = next(e.hazard_ratio for e in board.edges if (e.parents[0], e.child) == ("rearmament_3pct", "resumption"))
    expected = chance.log_positive(elicited, "edge:rearmament_3pct>resumption")
    np.testing.assert_array_equal(drawn_edges["rearmament_3pct", "resumption"], expected)
    # what the fit correlates stays correlated: a treaty's cases know the sum of two edges, level and shape go together
    assert (
        np.corrcoef(drawn_edges["settlement", "resumption"], drawn_edges["senate_consent", "resumption"])[0, 1] < -0.2
    )
    assert np.corrcoef(np.log(pieces.class_rate[:, q]), pieces.shape[:, q])[0, 1] < -0.5


def test_a_guarantee_is_fitted_once_and_not_applied_a_second_time() -> None:
    board, parameters = shipped_with_durations()
    ratio = np.exp(edge_draws(board, parameters, Chance(4000, 3))["us_guarantee", "resumption"])
    prior = next(e.hazard_ratio for e in board.edges if (e.parents[0], e.child) == ("us_guarantee", "resumption"))
    assert np.median(ratio) == pytest.approx(0.47, abs=0.05)
    assert np.median(ratio) < prior.median  # the nine cases without an end
    assert np.quantile(ratio, 0.05) > 0.15  # the prior keeps it finite


def test_without_the_draws_of_a_fitted_clock_nothing_is_made_up() -> None:
    board, parameters = shipped_with_durations()
    with pytest.raises(KeyError, match="durations of 'resumption'"):
        encode.hazard_draws(board, Parameters(parameters.rates), count=100, seed=1)


def test_the_sampled_draws_that_are_shipped_agree_with_importance_sampling() -> None:
    """Two ways to one posterior: NUTS (shipped, 3,000 draws) and weighted proposals about the mode."""
    board, _ = shipped_with_durations(rows=400)
    question = board.question("resumption")
    data = SHIPPED.find(durability_fit.recipe(board, question).input_hash)
    assert data is not None, "the shipped draws do not match their inputs: run `make draws`"
    sampled = durability_fit.hazard(draws_file.from_bytes(data))
    exact, effective = fitted_durations.posterior(board, question, rows=20_000)
    assert effective > 8000
    pairs = [(sampled.log_level, exact.log_level), (np.log(sampled.shape), np.log(exact.shape))]
    pairs += [(sampled.log_hr[:, k], exact.log_hr[:, k]) for k in range(sampled.log_hr.shape[1])]
    for a, b in pairs:
        # 3,000 draws worth at least 1,500; the oracle 8,000: error of a mean, in standard deviations
        assert abs(a.mean() - b.mean()) / b.std() < 4.5 * np.sqrt(1 / 1500 + 1 / 8000)
        assert a.std() / b.std() == pytest.approx(1.0, abs=0.1)
