"""The language of scenarios: its logic against an independent evaluator, and everything that it must refuse."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts import scenarios
from forecasts.definition import Scenario
from models.world import NEVER

DAY = date(2030, 1, 1)
COLUMNS = ("a", "b", "c")


def held(definition, **days):
    """Return whether a definition holds where events happened on the given days (None = never)."""
    frame = pl.DataFrame({name: [days.get(name)] for name in COLUMNS}, schema=dict.fromkeys(COLUMNS, pl.Date))
    unmet = scenarios.unreachable([Scenario("s", "overlay", "s", "s", definition, "")], frame)
    return not unmet


# expression; a's day; b's day; value (worked by hand; NULL at the end counts as false)
TRUTHS = [
    ("TRUE", None, None, True),
    ("FALSE", None, None, False),
    ("a <= DATE '2030-01-01'", DAY, None, True),
    ("a < DATE '2030-01-01'", DAY, None, False),
    ("a <= DATE '2030-01-01'", None, None, False),
    ("a > DATE '2030-01-01'", None, None, False),
    ("a <> DATE '2030-01-01'", None, None, False),
    ("a IS NULL OR a > DATE '2030-01-01'", None, None, True),
    ("a IS NOT NULL", None, None, False),
    ("a is not null", DAY, None, True),
    ("NOT (a <= DATE '2030-01-01')", None, None, False),
    ("NOT (a <= DATE '2030-01-01')", DAY, None, False),
    ("NOT a IS NULL", DAY, None, True),
    ("DATE '2029-12-31' < a", DAY, None, True),
    ("a < b", DAY, None, False),
    ("a = b", DAY, DAY, True),
    ("a != b", DAY, DAY, False),
    ("a < b", DAY, DAY + timedelta(days=1), True),
    # AND binds closer than OR: TRUE OR (FALSE AND FALSE)
    ("a IS NOT NULL OR b IS NOT NULL AND b IS NOT NULL", DAY, None, True),
    ("(a IS NOT NULL OR b IS NOT NULL) AND b IS NOT NULL", DAY, None, False),
    # NOT binds closer than AND: (NOT FALSE) AND FALSE
    ("NOT b IS NOT NULL AND b IS NOT NULL", DAY, None, False),
    # NULL OR TRUE is TRUE, NULL AND FALSE is FALSE and its NOT is TRUE
    ("b <= DATE '2030-01-01' OR a IS NOT NULL", DAY, None, True),
    ("NOT (b <= DATE '2030-01-01' AND a IS NULL)", DAY, None, True),
]


@pytest.mark.parametrize(("definition", "a", "b", "value"), TRUTHS)
def test_logic_is_three_valued_and_null_ends_as_false(definition, a, b, value):
    assert held(definition, a=a, b=b) is value


# --- an independent evaluator: expressions as nested tuples, Kleene's three values as True, False, None

days = st.one_of(st.none(), st.integers(0, 3).map(lambda n: DAY + timedelta(days=n)))
operand = st.sampled_from([*COLUMNS, DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)])
leaf = st.one_of(
    st.tuples(st.just("cmp"), st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="]), operand, operand),
    st.tuples(st.just("null"), st.sampled_from(COLUMNS), st.booleans()),
    st.booleans(),
)
tree = st.recursive(
    leaf,
    lambda inner: st.one_of(st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(["and", "or"]), inner, inner)),
    max_leaves=12,
)


def written(node):
    if isinstance(node, bool):
        return str(node).upper()
    if node[0] == "cmp":
        left, right = (n if isinstance(n, str) else f"DATE '{n}'" for n in node[2:])
        return f"{left} {node[1]} {right}"
    if node[0] == "null":
        return f"{node[1]} IS {'NOT ' if node[2] else ''}NULL"
    if node[0] == "not":
        return f"NOT ({written(node[1])})"
    return f"({written(node[1])}) {node[0]} ({written(node[2])})"


def compared(sign, left, right):
    if left is None or right is None:
        return None
    return {
        "=": left == right,
        "<>": left != right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[sign]


def kleene(node, at):
    if isinstance(node, bool):
        return node
    if node[0] == "cmp":
        return compared(node[1], *(at[n] if isinstance(n, str) else n for n in node[2:]))
    if node[0] == "null":
        return (at[node[1]] is None) != node[2]
    values = [kleene(n, at) for n in node[1:]]
    if node[0] == "not":
        return None if values[0] is None else not values[0]
    decisive = node[0] == "or"
    if decisive in values:
        return decisive
    return None if None in values else not decisive


@settings(max_examples=300, deadline=None)
@given(node=tree, a=days, b=days, c=days)
def test_any_expression_agrees_with_an_independent_evaluator(node, a, b, c):
    assert held(written(node), a=a, b=b, c=c) is (kleene(node, {"a": a, "b": b, "c": c}) is True)


@settings(max_examples=200, deadline=None)
@given(node=tree)
def test_what_was_written_anew_reads_the_same(node):
    parsed = scenarios.parse(written(node), COLUMNS)
    again = scenarios.parse(parsed.sql.replace('"', ""), COLUMNS)
    assert again == parsed


REFUSED = [
    "", " ", "a", "a <=", "<= a", "a <= b <= c", "a AND b", "a == b", "a < 3", "a < '2030-01-01'", "DATE '2030-01-01'",
    "a < DATE '2030-13-01'", "a < DATE '2030-1-1'", "a < DATE ''", "a < DATE 2030", "a < date", "a IS", "a IS NOT",
    "a IS TRUE", "a IS NOT TRUE", "NULL", "a = NULL", "NOT", "()", "(a IS NULL", "a IS NULL)", "a IS NULL AND",
    "a IS NULL; DROP TABLE ledger",
    "a IS NULL -- x", "a IS NULL /* x */", "a IS NULL # x", '"a" IS NULL',
    "`a` IS NULL",
    "[a] IS NULL", "a.b IS NULL", "self.a IS NULL", "d IS NULL", "A IS NULL", "a IS NULL UNION SELECT 1", "SELECT a",
    "a IN (b)", "a BETWEEN b AND c", "a LIKE 'x'", "a ~ b", "a || b = c", "a + 1 = b", "-a < b", "a < b + 1",
    "CAST(a AS INT) = 1", "a::int = 1", "a < NOW()", "a < CURRENT_DATE", "LENGTH(a) > 1", "exists(select 1)",
    "CASE WHEN TRUE THEN TRUE END", "COALESCE(a, b) IS NULL", "read_csv('x') IS NULL", "a IS NULL OR 1=1",
    "1", "TRUE = TRUE",
    "TRUE TRUE", "a < DATE '2030-01-01' OR '1'='1'", "a IS NULL\x00", "a IS NULL \u202e",
    "ａ IS NULL", "a ≤ b", "a < b {",
    "${a} IS NULL", "{{a}}", "a<DATE'2030-01-01' a", "* IS NULL",
    "a IS NULL AND pl.col('a')", "__import__('os')",
    "a < DATE '2030-01-01''", "a < DATE '2030-01-01\\' OR TRUE", "TRUE OR", "OR TRUE", "AND", "NOT NOT", "a = = b",
]  # fmt: skip


@pytest.mark.parametrize("definition", REFUSED)
def test_everything_else_is_refused_with_its_place(definition):
    with pytest.raises(scenarios.ScenarioError, match=r"at character [0-9]+") as error:
        scenarios.parse(definition, COLUMNS)
    assert "needed" in str(error.value) or "not allowed" in str(error.value) or "unknown question" in str(error.value)


def test_depth_and_length_are_limited_and_what_is_within_can_be_evaluated():
    deepest, longest = "(" * 40 + "a < b" + ")" * 40, " AND ".join(["a<b"] * 500)
    for accepted in (deepest, longest):
        assert held(accepted, a=DAY, b=DAY + timedelta(days=1))
    for deeper in (f"({deepest})", "NOT " * 900 + "TRUE"):
        with pytest.raises(scenarios.ScenarioError, match="more than 40 parentheses or NOTs"):
            scenarios.parse(deeper, COLUMNS)
    with pytest.raises(scenarios.ScenarioError, match="4003 characters; at most 4000"):
        scenarios.parse(f"{longest} AND a<b", COLUMNS)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab <>=!()'-;\"NOTANDISULTRE0123 "), max_size=40))
def test_any_text_is_read_or_refused_and_what_is_read_can_be_evaluated(text):
    try:
        scenarios.parse(text, COLUMNS)
    except scenarios.ScenarioError:
        return
    assert held(text) in {True, False}


def test_the_partition_takes_the_first_that_holds_and_covers_every_future(shipped):
    random = np.random.default_rng(5)
    day = random.integers(1, 4000, size=(20_000, len(shipped.questions))).astype(np.int16)
    day[random.random(day.shape) < 0.5] = NEVER
    marks = scenarios.marks(shipped, day)
    assert marks.code.min() == 0
    assert marks.partition == 6
    assert np.array_equal(marks.indicators[:, :6].sum(axis=1), np.ones(len(day)))
    # first that holds, worked out by hand from the days
    by_2030 = (date(2030, 12, 31) - shipped.opens).days
    column = {q.id: day[:, i] for i, q in enumerate(shipped.questions)}
    done = {name: days <= by_2030 for name, days in column.items()}
    security = done["nato_russia_agreement"] | done["limits_text"]
    guaranteed = done["senate_consent"] | done["us_guarantee"] | done["european_force"]
    expected = np.select(
        [
            done["resumption"],
            done["settlement"] & security,
            done["settlement"] & guaranteed,
            done["settlement"],
            done["ceasefire"],
        ],
        [0, 1, 2, 3, 4],
        default=5,
    )
    assert np.array_equal(marks.code, expected)
    held_so_far = (column["resumption"] == NEVER) | (column["resumption"] > by_2030)
    dialogue = done["nato_russia_talks"] | done["strategic_arms_deal"]
    overlays = np.stack(
        [
            done["senate_consent"] & held_so_far,
            done["rearmament_3pct"] & ~dialogue,
            done["resumption"] & (column["rearmament_3pct"] < column["resumption"]),
            done["rearmament_3pct"] & (done["ceasefire"] | done["settlement"]) & held_so_far,
        ],
        axis=1,
    )
    assert np.array_equal(marks.overlay, overlays)


def test_days_become_dates_and_never_becomes_null(small):
    day = np.full((2, len(small.questions)), NEVER, dtype=np.int16)
    day[0, small.index("flood")] = 1
    frame = scenarios.frame(small, day)
    assert frame["flood"].to_list() == [date(2030, 3, 2), None]
    assert set(frame.columns) == {"levy_law", "flood", "bread_120"}


def test_a_board_without_scenarios_has_none(small):
    from dataclasses import replace

    bare = replace(small, scenarios=())
    marks = scenarios.marks(bare, np.zeros((3, len(small.questions)), dtype=np.int16))
    assert marks.indicators.shape == (3, 0)
    assert marks.code.tolist() == [-1, -1, -1]
