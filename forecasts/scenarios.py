"""Scenarios: boolean expressions over the days of events, marked on simulated futures.

The language is a small part of SQL: question ids as columns, `DATE 'YYYY-MM-DD'`, the comparisons `= <> != < <= > >=`,
`IS NULL`, `IS NOT NULL`, `AND OR NOT`, `TRUE FALSE` and parentheses. Everything else is refused with its place. What
was accepted is written anew from the parsed expression and read by `polars.sql_expr`.

NULL means that the event has not happened by the horizon. Logic is SQL's three-valued one; what comes out NULL at the
end counts as false. So `NOT (x <= DATE '2030-12-31')` is false where x never happens; "not by 2030" is written
`x IS NULL OR x > DATE '2030-12-31'`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasts.board_files import near
from forecasts.definition import Board, Scenario
from models.world import NEVER

MAX_DEPTH = 40
"""Parentheses and NOTs within each other."""

MAX_LENGTH = 4000
"""Characters of a definition."""

_EPOCH = date(1970, 1, 1)
_TOKEN = re.compile(
    r"\s*(?:(?P<date>DATE\s*'(?P<day>[^']*)')|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign><=|>=|<>|!=|=|<|>|\(|\)))",
    re.IGNORECASE,
)
_COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_KEYWORDS = ("AND", "OR", "NOT", "IS", "NULL", "TRUE", "FALSE")


class ScenarioError(ValueError):
    """A definition that is not in the language; the message names what stands at which character."""


class _Token(NamedTuple):
    kind: str
    """`word` (an id), `keyword`, `date`, `sign` or `end`."""
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A definition that was accepted."""

    sql: str
    """The same expression written anew, identifiers quoted."""
    columns: tuple[str, ...]
    """The questions it mentions, in order of first mention."""
    days: tuple[date, ...]
    """The days it mentions."""
    negated: bool
    """A NOT stands before a comparison, which is false (not true) where the event never happens."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Which scenarios hold in which futures."""

    code: NDArray[np.int8]
    """(N,) position in the partition of the first scenario that holds; -1 where none does."""
    overlay: NDArray[np.bool_]
    """(N, overlays)."""
    partition: int
    """Number of scenarios of the partition."""

    @property
    def indicators(self) -> NDArray[np.bool_]:
        """(N, S) in the order of the board's scenarios: the partition, then the overlays."""
        return np.concatenate([self.code[:, None] == np.arange(self.partition), self.overlay], axis=1)


def parse(definition: str, columns: Sequence[str]) -> Parsed:
    """Read a definition against the white list of columns and operators.

    Raises
    ------
    ScenarioError
        When anything else stands in it, naming the text and its position (from 1), or it is too long or too deep.
    """
    if len(definition) > MAX_LENGTH:
        raise ScenarioError(f"{len(definition)} characters; at most {MAX_LENGTH} are allowed")
    return _Parser(_tokens(definition), tuple(columns)).parsed()


def frame(board: Board, day: NDArray[np.int16]) -> pl.DataFrame:
    """Return the days of events as date columns by question id.

    Parameters
    ----------
    board
        The board whose questions the columns are.
    day
        (N, Q) day of each question since the board opened; `NEVER` becomes NULL.
    """
    offset = np.int32((board.opens - _EPOCH).days)
    mentioned = {c for s in board.scenarios for c in parse(s.definition, [q.id for q in board.questions]).columns}
    columns = {
        q.id: pl.DataFrame({"d": day[:, i].astype(np.int32) + offset, "never": day[:, i] == NEVER}).select(
            pl.when(~pl.col("never")).then(pl.col("d")).cast(pl.Date)
        )["d"]
        for i, q in enumerate(board.questions)
        if q.id in mentioned
    }
    return pl.DataFrame(columns) if columns else pl.DataFrame({"": np.zeros(len(day), dtype=np.int8)})


def evaluate(board: Board, dates: pl.DataFrame) -> Marks:
    """Mark every scenario of a board on the days of events.

    Parameters
    ----------
    board
        Its scenarios stand in order: the partition (the first that holds counts), then the overlays.
    dates
        One row for each future, a Date column for each question mentioned in a scenario; NULL = has not happened.
    """
    ids = [q.id for q in board.questions]
    held = _held([parse(s.definition, ids) for s in board.scenarios], dates)
    partition = sum(s.group == "partition" for s in board.scenarios)
    first = held[:, :partition]
    code = np.where(first.any(axis=1), first.argmax(axis=1), -1) if partition else np.full(len(held), -1)
    return Marks(code.astype(np.int8), held[:, partition:], partition)


def marks(board: Board, day: NDArray[np.int16]) -> Marks:
    """Mark every scenario on simulated days, (N, Q) days since the board opened."""
    return evaluate(board, frame(board, day))


def check(scenarios: Sequence[Scenario], columns: Sequence[str]) -> list[tuple[int, str, bool]]:
    """Return every mistake of single definitions: (position in `scenarios`, message, only a warning)."""
    found: list[tuple[int, str, bool]] = []
    for i, scenario in enumerate(scenarios):
        try:
            parsed = parse(scenario.definition, columns)
        except ScenarioError as error:
            found.append((i, str(error), False))
            continue
        if parsed.negated:
            message = "NOT before a comparison is false where the event never happens; 'x IS NULL OR x > ...' says that"
            found.append((i, message, True))
    return found


def unreachable(scenarios: Sequence[Scenario], dates: pl.DataFrame) -> list[int]:
    """Return positions of scenarios that hold in none of the given patterns of days (partition: as the first)."""
    held = _held([parse(s.definition, dates.columns) for s in scenarios], dates)
    partition = [i for i, s in enumerate(scenarios) if s.group == "partition"]
    taken = np.zeros(len(held), dtype=bool)
    for i in partition:
        held[:, i] &= ~taken
        taken |= held[:, i]
    return [i for i in range(len(scenarios)) if not held[:, i].any()]


def days_mentioned(scenarios: Sequence[Scenario], columns: Sequence[str]) -> tuple[date, ...]:
    """Return all days that the definitions mention, rising; definitions with mistakes mention none."""
    days: set[date] = set()
    for scenario in scenarios:
        days.update(parse(scenario.definition, columns).days)
    return tuple(sorted(days))


def _held(parsed: Sequence[Parsed], dates: pl.DataFrame) -> NDArray[np.bool_]:
    """(N, S) whether each expression is true; NULL counts as false."""
    if not parsed:
        return np.zeros((dates.height, 0), dtype=bool)
    columns = [pl.sql_expr(p.sql).fill_null(value=False).alias(str(i)) for i, p in enumerate(parsed)]
    held = dates.with_columns(columns).select([str(i) for i in range(len(parsed))])
    return held.to_numpy(order="fortran")


def _tokens(definition: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    end = len(definition.rstrip())
    while at < end:
        match = _TOKEN.match(definition, at)
        if match is None:
            at += len(definition[at:]) - len(definition[at:].lstrip())
            raise ScenarioError(f"{definition[at : at + 20]!r} at character {at + 1} is not allowed")
        tokens.append(_token(match))
        at = match.end()
    return [*tokens, _Token("end", "the end", end)]


def _token(match: re.Match[str]) -> _Token:
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    if match["date"]:
        return _Token("date", _iso(match["day"], start), start)
    if match["sign"]:
        return _Token("sign", match["sign"], start)
    word = match["word"]
    return _Token("keyword", word.upper(), start) if word.upper() in _KEYWORDS else _Token("word", word, start)


def _iso(day: str, at: int) -> str:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
            return date.fromisoformat(day).isoformat()
    except ValueError:
        pass
    raise ScenarioError(f"DATE {day!r} at character {at + 1}: a day as YYYY-MM-DD is needed")


class _Parser:
    """Recursive descent over the tokens; each method returns the SQL of what it has read."""

    def __init__(self, tokens: list[_Token], columns: tuple[str, ...]) -> None:
        self._tokens = tokens
        self._columns = columns
        self._next = 0
        self._depth = 0
        self._nots = 0
        self._used: dict[str, None] = {}
        self._days: set[date] = set()
        self._negated = False

    def parsed(self) -> Parsed:
        sql = self._or()
        if self._peek().kind != "end":
            self._fail("AND, OR or the end")
        return Parsed(sql, tuple(self._used), tuple(sorted(self._days)), self._negated)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> bool:
        token = self._peek()
        if token.kind in {"sign", "keyword"} and token.text in texts:
            self._next += 1
            return True
        return False

    def _fail(self, needed: str) -> None:
        token = self._peek()
        raise ScenarioError(f"{token.text!r} at character {token.at + 1}: {needed} is needed")

    def _or(self) -> str:
        terms = [self._and()]
        while self._take("OR"):
            terms.append(self._and())
        return " OR ".join(terms)

    def _and(self) -> str:
        terms = [self._not()]
        while self._take("AND"):
            terms.append(self._not())
        return " AND ".join(terms)

    def _not(self) -> str:
        if not self._take("NOT"):
            return self._predicate()
        self._nots += 1
        inner = self._nested(self._not)
        self._nots -= 1
        return f"NOT {inner}" if inner.startswith("(") else f"NOT ({inner})"

    def _nested(self, read: Callable[[], str]) -> str:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ScenarioError(f"more than {MAX_DEPTH} parentheses or NOTs within each other")
        inner = read()
        self._depth -= 1
        return inner

    def _predicate(self) -> str:
        for constant in ("TRUE", "FALSE"):
            if self._take(constant):
                return constant
        if self._take("("):
            inner = self._nested(self._or)
            if not self._take(")"):
                self._fail("')'")
            return f"({inner})"
        left = self._operand()
        if self._take("IS"):
            negation = " NOT" if self._take("NOT") else ""
            if not self._take("NULL"):
                self._fail("NULL")
            return f"{left} IS{negation} NULL"
        sign = self._peek().text
        if not self._take(*_COMPARISONS):
            self._fail("a comparison, IS NULL or IS NOT NULL")
        self._negated |= self._nots > 0
        return f"{left} {'<>' if sign == '!=' else sign} {self._operand()}"

    def _operand(self) -> str:
        token = self._peek()
        if token.kind == "date":
            self._days.add(date.fromisoformat(token.text))
            self._next += 1
            return f"DATE '{token.text}'"
        if token.kind != "word":
            self._fail("a question id, DATE, TRUE, FALSE, NOT or '('")
        if token.text not in self._columns:
            hint = near(token.text, list(self._columns))
            raise ScenarioError(f"unknown question {token.text!r}{hint} at character {token.at + 1}")
        self._used[token.text] = None
        self._next += 1
        return f'"{token.text}"'
