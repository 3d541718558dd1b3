"""Which outside question is which of ours: said by a person, never guessed, since each keeps its own criteria."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import NamedTuple

from forecasts.definition import Board
from forecasts.exchange.outside import Reading
from forecasts.exchange.safe_reading import csv_rows_of
from forecasts.fields import DATE, FieldProblem, shown
from forecasts.people_forecasts import Pair
from forecasts.status_entry import unknown_question

COLUMNS = ("outside", "question", "deadline")
"""The columns of a file of such lines."""
WRITING = "THEIRS=QUESTION@DEADLINE, for example 12345=ceasefire@2026-12-31"

MOST_PROBLEMS = 20
"""Mistakes after which no more are looked for."""
_MOST_COMPARED = 5_000
"""Names among which a near one is looked for."""
_MAPPED = re.compile(r"(.+)=([^=@]+)@([^=@]+)", re.DOTALL)


class Line(NamedTuple):
    """One outside question and the question of ours that it speaks of."""

    outside: str
    """Its id, or another name by which its site knows it."""
    question: str
    deadline: str
    place: str
    """Where it was written, for messages."""


def typed(texts: Iterable[str]) -> tuple[list[Line], list[FieldProblem]]:
    """Read lines written as `THEIRS=QUESTION@DEADLINE`; returns them with those that are not."""
    lines, problems = [], []
    for text in texts:
        if match := _MAPPED.fullmatch(text.strip()):
            lines.append(Line(match[1].strip(), match[2].strip(), match[3].strip(), "map"))
        else:
            problems.append(FieldProblem("map", f"{shown(text)}: {WRITING} is needed"))
    return lines, problems


def listed(text: str, name: str) -> list[Line]:
    """Read a CSV table with the columns `COLUMNS`; raises UnsafeFileError when it is none that is safe to read."""
    rows = csv_rows_of(text, name, needed=COLUMNS)
    return [
        Line(
            row.cells["outside"].strip(),
            row.cells["question"].strip(),
            row.cells["deadline"].strip(),
            f"{name} line {row.number}",
        )
        for row in rows
    ]


def matched(
    lines: Sequence[Line], reading: Reading, board: Board
) -> tuple[dict[str, Pair], list[FieldProblem], tuple[str, ...]]:
    """Match lines with what was read and with a board.

    Parameters
    ----------
    lines
        As `typed` and `listed` give them. One that names a question which the files do not hold is a mistake when it
        was typed; a list may name more than one file holds.
    reading
        What the files hold.
    board
        The board whose questions the lines name.

    Returns
    -------
    Id of an outside question -> question and deadline of ours; every mistake; and notes.
    """
    found: dict[str, Pair] = {}
    problems: list[FieldProblem] = []
    absent = 0
    known = {q.id for q in reading.questions}
    for line in lines:
        if len(problems) == MOST_PROBLEMS:
            break
        outside = _outside(line.outside, known, reading.aliases)
        pair, mistake = _pair(line, board)
        if len(outside) == 1 and pair is not None and found.get(outside[0], pair) == pair:
            found[outside[0]] = pair
        elif len(outside) == 1 and pair is not None:
            problems.append(FieldProblem(line.place, f"{shown(line.outside)} is given to two questions of ours"))
        elif mistake or outside or line.place == "map":
            message = mistake or _unknown(line.outside, outside, known | reading.aliases.keys())
            problems.append(FieldProblem(line.place, message))
        else:
            absent += 1
    notes = (f"The list of questions names {absent} that these files do not hold.",) if absent else ()
    return found, problems, notes


def _outside(name: str, known: set[str], aliases: Mapping[str, frozenset[str]]) -> list[str]:
    return [name] if name in known else sorted(aliases.get(name, frozenset()) & known)


def _pair(line: Line, board: Board) -> tuple[Pair | None, str]:
    """Return the question and deadline of ours, or None with what is wrong."""
    question = next((q for q in board.questions if q.id == line.question), None)
    if question is None:
        return None, unknown_question(line.question, board)
    try:
        deadline = date.fromisoformat(line.deadline) if DATE.fullmatch(line.deadline) else None
    except ValueError:
        deadline = None
    if deadline not in question.deadlines or deadline is None:
        allowed = ", ".join(map(str, question.deadlines))
        return None, f"{shown(line.deadline)}: {question.id} has the deadlines {allowed}"
    return (question.id, deadline), ""


def _unknown(name: str, several: Sequence[str], known: set[str]) -> str:
    if several:
        return f"{shown(name)} is the name of {len(several)} questions; give one id: {', '.join(several[:8])}"
    names = sorted(known)[:_MOST_COMPARED]
    near = [n for n in names if n.endswith(f" {name}")] or get_close_matches(name[:100], names, 3)
    hint = f"did you mean {' or '.join(map(shown, near[:3]))}?" if near else f"they know {len(known)} names"
    return f"the files hold no question {shown(name)}; {hint}"
