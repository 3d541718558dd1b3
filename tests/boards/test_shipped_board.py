"""The shipped board says what the handed facts say, quotes the essay word for word, and can be checked by hand."""

import csv
import math
from collections import Counter
from datetime import date

import pytest

from forecasts import board_seed
from forecasts.domain import Confirmation, Evidence, Occurrence
from forecasts.spending_editions import in_force
from forecasts.spending_fit import WORLD
from tests.boards.conftest import SHIPPED
from tests.conftest import ROOT, shared

REFERENCE = ROOT / "data" / "reference"


@pytest.fixture(scope="module")
def facts():
    """Return a reader of the handed tables."""
    folder = shared("").parent / "facts"
    if not folder.exists():
        pytest.skip("the handed facts are absent: set TWIXT_TESTDATA to the folder beside them")
    return lambda name: rows(folder / name)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def seeds(shipped):
    records, problems = board_seed.load(SHIPPED, shipped, today=date(2026, 7, 1))
    assert problems == []
    return records


def elicited(value):
    return value and (value.median, value.low, value.high)


def test_questions_have_the_handed_hazards_and_days(shipped, facts):
    handed = {row["id"]: row for row in facts("board/questions.csv")}
    assert set(handed) == {q.id for q in shipped.questions}
    for question in shipped.questions:
        row = handed[question.id]
        assert (question.kind, question.opens.isoformat()) == (row["kind"], row["opens"])
        assert ";".join(map(str, question.deadlines)) == row["deadlines"]
        assert str(question.headline_deadline) == row["headline_deadline"]
        numbers = [row[name] for name in ("hazard_median_per_year", "hazard_low90", "hazard_high90")]
        if question.id == "resumption":
            # the handed constant rate over two years, on the Weibull clock: 2 h / 2^0.45
            numbers = [2 * float(n) / 2**0.45 for n in numbers]
            assert elicited(question.hazard_check) == pytest.approx(numbers, abs=6e-4)
        else:
            assert elicited(question.hazard_check) == (tuple(map(float, numbers)) if numbers[0] else None)


def test_edges_are_the_handed_ones(shipped, facts):
    handed = {(r["parent"], r["child"], r["kind"].replace("_any", "")): r for r in facts("board/edges.csv")}
    assert len(shipped.edges) == len(handed) == 50
    for edge in shipped.edges:
        row = handed[";".join(edge.parents), edge.child, edge.kind]
        numbers = [float(row[n]) for n in ("hr_median", "hr_low90", "hr_high90") if row[n]]
        assert elicited(edge.hazard_ratio) == (tuple(numbers) or None)
        assert (edge.until, edge.essay_quote, edge.source) == (row["until"], row["essay_quote"], row["source"])


def test_cases_are_the_handed_ones_and_no_case_of_resumption_stands_twice(shipped, facts):
    handed = [r for r in facts("board/reference_cases.csv") if r["question"] != "resumption"]
    keys = ("question", "case", "exposure_years", "events", "comparability", "verification")
    ours = Counter(
        (c.question, c.name, c.exposure_years, c.events, c.comparability, c.verification) for c in shipped.cases
    )
    assert ours == Counter(tuple(float(r[k]) if i in {2, 3, 4} else r[k] for i, k in enumerate(keys)) for r in handed)
    fitted = shipped.question("resumption").duration
    features = ("treaty_form", "outside_force", "great_power_guarantor", "monitored_line", "russia_party", "interstate")
    spells = [
        (s.name, str(s.start), str(s.end), s.ended, {f for f in features if f in s.features}, s.comparability)
        for s in fitted.spells
    ]
    assert spells == [
        (
            r["case"],
            r["start"],
            r["end"],
            r["resumed"] == "1",
            {f for f in features if r[f] == "1"},
            float(r["comparability"]),
        )
        for r in facts("board/durability_cases.csv")
    ]


def test_the_edges_into_resumption_are_the_priors_of_its_effects_and_stand_nowhere_else(shipped):
    effects = shipped.question("resumption").duration.effects
    edges = {e.parents[0] for e in shipped.edges if e.child == "resumption" and e.kind == "hazard_ratio"}
    assert {e.name: e.features for e in effects if e.ratio is None} == {
        "settlement": ("treaty_form",),
        "senate_consent": ("treaty_form",),
        "european_force": ("outside_force",),
        "us_guarantee": ("great_power_guarantor",),
    }
    assert {e.name for e in effects if e.ratio is None} < edges
    assert not {e.name for e in effects if e.ratio is not None} & edges


def test_adjustments_are_the_handed_ones(shipped, facts):
    handed = {r["question"]: r for r in facts("board/adjustments.csv")}
    assert (
        set(handed)
        == {a.question for a in shipped.adjustments}
        == {q.id for q in shipped.questions if q.kind == "event"}
    )
    for adjustment in shipped.adjustments:
        names = ("factor_median", "factor_low90", "factor_high90")
        expected = (1.1, 0.5, 2.3)  # README_cases: with the Weibull clock
        if adjustment.question != "resumption":
            expected = tuple(float(handed[adjustment.question][n]) for n in names)
        assert elicited(adjustment.factor) == expected


def test_class_rate_times_factor_is_near_the_elicited_hazard(shipped):
    # closed form of the class rate's median is close to its mean for these counts: (0.5 + sum w y) / sum w e
    factor = {a.question: a.factor.median for a in shipped.adjustments}
    for question in shipped.questions:
        if question.kind != "event" or question.duration is not None:
            continue
        power = question.shape.median if question.shape else 1.0
        cases = [c for c in shipped.cases if c.question == question.id]
        events = 0.5 + sum(c.comparability * c.events for c in cases)
        exposure = sum(c.comparability * c.exposure_years**power for c in cases)
        median = (events - 1 / 3 + 0.03 / events) / exposure  # gamma median, within .1 % for a shape above 1
        assert median * factor[question.id] == pytest.approx(question.hazard_check.median, rel=0.25), question.id


def test_divided_edges_explain_the_factors_they_are_in(shipped):
    ratio = {(e.parents[0], e.child): e.hazard_ratio.median for e in shipped.edges if e.hazard_ratio}
    divided = {a.question: (a.divided_edges, a.divided_share) for a in shipped.adjustments if a.divided_edges}
    # README_cases: settlement 8 x us_guarantee 4; settlement 6; ceasefire 8; talks 6 x settlement 2.5; settlement 8
    product = {q: math.prod(ratio[p, q] for p in parents) for q, (parents, _) in divided.items()}
    assert product == {
        "treaty_transmitted": 32,
        "territory": 6,
        "european_force": 8,
        "nato_russia_agreement": 15,
        "limits_text": 8,
        "us_guarantee": 12,
    }
    # us_guarantee: "partly divided out: x 0.27" of 1/12
    assert 12 ** -divided["us_guarantee"][1] == pytest.approx(0.27, abs=0.005)
    assert {share for q, (_, share) in divided.items() if q != "us_guarantee"} == {1.0}


def test_vote_and_series_carry_the_handed_numbers(shipped, facts):
    handed = {(r["question"], r["parameter"]): r for r in facts("board/submodels.csv")}
    number = {k[1]: tuple(float(r[n]) for n in ("median", "low90", "high90")) for k, r in handed.items()}
    vote = shipped.votes[0]
    assert (vote.members, vote.terms) == (100, ("us_guarantee", "limits_text"))
    assert vote.periods[0] == date(2027, 1, 3)
    assert vote.president_periods == (date(2029, 1, 20), date(2033, 1, 20))
    assert vote.gate == ()
    series = shipped.series[0]
    assert elicited(series.response) == number["log_growth_per_unit_log_hr"]
    assert [(v.question, v.value) for v in series.levels] == [("rearmament_3pct", 3.0), ("rearmament_3_5pct", 3.5)]


def test_the_fitted_vote_is_the_handed_tables(shipped, facts):
    fitted = shipped.votes[0].fitted
    handed = [r for r in facts("reference/senate_votes.csv") if r["yeas"]]
    assert len(fitted.history) == len(handed) == 57
    tallies = sorted((r["treaty"], r["voted"], int(r["yeas"]), int(r["nays"])) for r in handed)
    assert sorted((c.name, c.voted.isoformat(), c.yeas, c.nays) for c in fitted.history) == tallies
    senators = {r["bioguide_id"]: r for r in facts("reference/senators.csv")}
    assert {s.member for s in fitted.seats} == set(senators)
    for seat in fitted.seats:
        row = senators[seat.member]
        assert (seat.name, seat.state, seat.party, seat.caucus) == (
            *(row[k] for k in ("senator", "state", "party")),
            row["caucus"],
        )
        assert seat.term_end.isoformat() == row["term_end"]
        assert seat.ideal_point == (float(row["nominate_dim1"]) if row["nominate_dim1"] else None)
        assert seat.leaving == bool(row["running_note"])
    assert sum(s.term_end <= date(2027, 1, 3) for s in fitted.seats) == 35
    assert len(fitted.directions) == 4
    assert fitted.directions[1].median < fitted.directions[0].median < fitted.directions[2].median


def test_the_fitted_series_is_the_handed_table(shipped, facts):
    panel = shipped.series[0].panel
    rows = [r for r in facts("reference/nato_spending.csv") if not r["edition"].startswith("national plan")]
    rows = [r for r in rows if r["country"] != "NATO Total"]
    handed = {(r["country"], int(r["year"]), float(r["pct_gdp"]), r["estimate"] == "1") for r in rows}
    read = [(s.country, s.year, s.percent, s.estimate) for e in panel.editions for s in e.shares]
    assert set(read) == handed
    assert len(read) == len(rows)
    assert [e.published_on for e in panel.editions] == [date(2025, 8, 28), date(2026, 3, 31)]
    assert [m.name for m in panel.members if not m.weight] == ["United States"]
    assert len(panel.members) == 31


def test_the_panel_knows_what_the_tests_on_the_past_know(shipped):
    found = in_force(shipped.series[0].panel, as_of=date(2026, 7, 1))
    assert found.setting == WORLD
    assert found.panel.years == tuple(range(2014, 2026))
    assert found.notes == ()
    early = in_force(shipped.series[0].panel, as_of=shipped.opens)
    assert early.panel.years[-1] == 2024
    assert early.setting.pledges == WORLD.pledges[:1], "The Hague was to come"


def test_evidence_is_the_handed_one(shipped, seeds, facts):
    handed = {r["id"]: r for r in facts("board/evidence.csv")}
    items = [r for r in seeds if isinstance(r, Evidence)]
    assert len(items) == len(handed) == 87
    for item in items:
        row = handed[item.id]
        effects = ";".join(f"{e.question}:{e.deadline}:{e.lr:g}:{e.low:g}:{e.high:g}" for e in item.effects)
        assert effects == row["effects"]
        assert (str(item.occurred_on), str(item.published_on), item.url) == (
            row["occurred_on"],
            row["published_on"],
            row["url"],
        )
        assert (item.thread, item.kind, item.verification) == (row["thread"], row["kind"], row["verification"])
        assert item.grade_source + item.grade_info == row["grade_source"] + row["grade_info"]
        assert item.lr_basis == "report"
    assert sum(item.verification == "recalled" for item in items) == 10
    assert sum(not item.effects for item in items) == 2


def test_status_is_known_through_the_first_of_july(seeds):
    assert [(o.question, o.occurred_on) for o in seeds if isinstance(o, Occurrence)] == [
        ("eu_joint_borrowing", date(2025, 5, 27))
    ]
    assert [(c.through, c.questions) for c in seeds if isinstance(c, Confirmation)] == [(date(2026, 7, 1), ())]


def test_scenarios_are_the_handed_ones(shipped, facts):
    handed = facts("board/scenarios.csv")
    assert [(s.id, s.group, s.definition, s.essay_quote) for s in shipped.scenarios] == [
        (r["id"], r["group"], r["definition"], r["essay_link"]) for r in handed
    ]


def test_quotes_stand_in_the_essay(shipped, essay):
    quotes = [(q.id, q.essay_quote) for q in shipped.questions]
    quotes += [(s.id, s.essay_quote) for s in shipped.scenarios]
    quotes += [(f"{e.parents} -> {e.child}", e.essay_quote) for e in shipped.edges]
    assert sum(bool(quote) for _, quote in quotes) > 45
    assert [(where, quote) for where, quote in quotes if quote not in essay] == []


def test_resolved_questions_are_consistent(shipped, seeds):
    known = {q.id for q in shipped.questions}
    items = {r.id: r for r in seeds if isinstance(r, Evidence)}
    table = rows(SHIPPED / "resolved.csv")
    assert Counter(r["outcome"] for r in table) == {"yes": 13, "no": 10}
    for row in table:
        opens, deadline = date.fromisoformat(row["opens"]), date.fromisoformat(row["deadline"])
        assert opens < deadline <= date(2026, 7, 1)
        assert (row["outcome"] == "yes") == bool(row["occurred_on"])
        if row["occurred_on"]:
            assert opens <= date.fromisoformat(row["occurred_on"]) <= deadline
        assert 0 < float(row["prior_at_opening"]) < 1
        assert set(filter(None, row["parents"].split(";"))) <= known
        assert set(filter(None, row["evidence_ids"].split(";"))) <= set(items)


def test_reference_tables_are_consistent():
    votes = rows(REFERENCE / "senate_votes.csv")
    assert len(votes) == 69
    for row in votes:
        if row["yeas"]:
            yeas, nays = int(row["yeas"]), int(row["nays"])
            assert int(row["needed"]) == -(-2 * (yeas + nays) // 3)
            assert (row["outcome"] == "consented") == (3 * yeas >= 2 * (yeas + nays))
            if row["R_yea"]:
                split = [sum(int(row[f"{party}_{way}"]) for party in "RDI") for way in ("yea", "nay")]
                assert split == [yeas, nays], row["treaty"]
        if row["signed"] and row["voted"] and row["days_sign_to_vote"]:
            days = (date.fromisoformat(row["voted"]) - date.fromisoformat(row["signed"])).days
            assert days == int(row["days_sign_to_vote"])
    senators = rows(REFERENCE / "senators.csv")
    assert Counter(r["party"] for r in senators) == {"R": 53, "D": 45, "I": 2}
    assert set(Counter(r["state"] for r in senators).values()) == {2}
    for row in rows(REFERENCE / "durability_cases.csv"):
        years = (date.fromisoformat(row["end"]) - date.fromisoformat(row["start"])).days / 365.25
        assert years == pytest.approx(float(row["years"]), abs=1e-3)
    spending = rows(REFERENCE / "nato_spending.csv")
    assert max(Counter((r["country"], r["year"], r["edition"]) for r in spending).values()) == 1
    timeline = {r["id"]: r for r in rows(REFERENCE / "timeline.csv")}
    for row in rows(SHIPPED / "evidence.csv"):
        assert timeline["T" + row["id"][1:]]["date"] == row["occurred_on"], row["id"]


def test_every_table_is_named_in_its_sources():
    for folder in (REFERENCE, SHIPPED):
        text = (folder / "SOURCES.md").read_text(encoding="utf-8")
        missing = [f.name for f in folder.iterdir() if f.suffix in {".csv", ".toml"} and f"`{f.name}`" not in text]
        assert missing == []


def test_reference_tables_are_the_handed_ones(facts):
    for name in ("senate_votes", "senators", "security_agreements", "nato_spending", "peace_durability", "timeline"):
        assert rows(REFERENCE / f"{name}.csv") == facts(f"reference/{name}.csv")


def test_every_question_has_tags_and_every_tag_is_shared(shipped):
    counts = Counter(tag for question in shipped.questions for tag in question.tags)
    assert all(question.tags for question in shipped.questions)
    assert min(counts.values()) > 1, counts
    assert {"united_states", "europe", "russia", "ukraine", "nato"} <= counts.keys()
