"""Every field that holds people's words, as one table: how a string gets into it. New fields are added to `FIELDS`.

`fill` writes a home in which every field holds every string, through the real store. A field of which there are as many
as one likes has a record for each string; where there are few, a record holds several strings, one after the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from forecasts import ledger, people, reading_list, senate_fit
from forecasts.definition import Board
from forecasts.domain import (
    Confirmation,
    Effect,
    Forecast,
    NamedWhatIf,
    Occurrence,
    Record,
    Resolution,
    Retraction,
    Statement,
)
from forecasts.draws_file import MOST_BITS, to_bytes
from forecasts.people import LOCAL_OWNER
from forecasts.reading_list import Pasted
from tests.browser.injection_corpus import IDS, LINKS, joined
from tests.forecasts import small_board
from tests.forecasts.senate_draws import made_up
from tests.jobs import small_home, voting_home

DAY, NOW = date(2026, 4, 8), small_home.NOW
QUESTIONS = tuple(q.id for q in small_board.QUESTIONS)
D26, D28 = date(2026, 12, 31), date(2028, 12, 31)
DEFINITION_TEXTS = frozenset(
    {"title", "short", "criteria", "resolution_source", "essay_quote", "rationale", "reason", "description", "note"}
    | {"source", "body", "unit"}
)
"""Fields of a board definition, at any depth, that are words and not names of something else."""
LONGEST_TITLE = 160
"""Characters of the words in a definition; each place holds as many strings as fit."""


@dataclass(frozen=True)
class Field:
    """One kind of record with its free-text fields."""

    name: str
    make: Callable[[int, str], Record]
    """The number of the record and the string -> a record that holds it in each of its texts."""
    longest: int = 0
    """0: a record for each string. Else the strings are set one after the other, up to so many characters a record."""
    seen: bool = True
    """Whether some page shows each of these strings; a mark behind each tells whose it is."""


def _pick(options: Sequence[Any], i: int) -> Any:
    return options[i % len(options)]


def _evidence(i: int, text: str) -> Record:
    effect = Effect(_pick(("truce", "pact", "relapse", "three"), i), D28, 1.01, 0.9, 1.1)
    return small_home.evidence(
        f"E{i:03d}",
        statement=text,
        source=text,
        url=_pick(LINKS, i),
        thread=_pick(IDS, i),
        effects=(effect,),
    )


def _statement(i: int, text: str) -> Record:
    on = DAY - timedelta(days=i)
    return Statement(f"S{i:03d}", "consent", f"m{i % 60}", "for_lean", on, on, text, _pick(LINKS, i), text)


def _forecast(who: str) -> Callable[[int, str], Record]:
    def make(i: int, text: str) -> Record:
        at = NOW + timedelta(minutes=1 + i)
        by = f"crowd:{i}{_pick(IDS, i)}" if who == "crowd" else who
        question = QUESTIONS[i % len(QUESTIONS)] if who == "owner" else "truce"
        return Forecast(f"F{who[0]}{i:03d}", question, D28, by, 0.3, at, at.date(), text, text, _pick(LINKS, i))

    return make


FIELDS: tuple[Field, ...] = (
    Field("evidence", _evidence),
    Field("statement", _statement),
    Field("forecast of one's own", _forecast("owner"), longest=700, seen=False),
    Field("forecast of a crowd", _forecast("crowd"), longest=700, seen=False),
    Field(
        "what-if",
        lambda i, text: NamedWhatIf(f"W{i:03d}", text, "see", ("truce by 2028-12-31",), text, DAY),
        longest=400,
    ),
    Field(
        "retraction",
        lambda i, text: Retraction(f"X{i:03d}", f"E9{i:02d}", text, DAY),
        longest=3_000,
        seen=False,
    ),
    Field(
        "occurrence",
        lambda i, text: Occurrence(f"O{i:03d}", "fund", DAY, DAY, text, _pick(LINKS, i), "verified", text),
        longest=20_000,
        seen=False,
    ),
    Field("confirmation", lambda i, text: Confirmation(f"C9{i:02d}", DAY, DAY, (), text), longest=20_000, seen=False),
    Field(
        "resolution",
        lambda i, text: Resolution(f"R{i:03d}", "fund", D26, "yes", DAY, DAY, text, _pick(LINKS, i), text),
        longest=20_000,
        seen=False,
    ),
)
"""What a person can write into the ledger; the definition, people and the reading list are filled beside it."""


def marked(texts: Sequence[str], mark: str) -> list[str]:
    """Return strings with whose they are behind each."""
    return [f"{text} {mark}{i:03d}" for i, text in enumerate(texts)]


def records(field: Field, texts: Sequence[str]) -> list[Record]:
    """Return the records that hold all strings in a kind's fields."""
    held = marked(texts, field.name)
    held = joined(held, longest=field.longest) if field.longest else held
    return [field.make(i, text) for i, text in enumerate(held)]


def fill(folder: Path, texts: Sequence[str], lines: Sequence[str]) -> small_home.Home:
    """Give a published home that holds every string in every field; `lines` go where a field has one line only."""
    board = definition(voting_home.board(), joined(lines, longest=LONGEST_TITLE))
    home = small_home.open_home(folder, board)
    _keep_senate(home)
    taken_back = next(field for field in FIELDS if field.name == "retraction")
    home.add(*(small_home.evidence(f"E9{i:02d}") for i, _ in enumerate(records(taken_back, texts))))
    for field in FIELDS:
        home.add(*records(field, texts), at=NOW + timedelta(hours=2))
    for i, line in enumerate(lines):
        person = people.add(
            home.store, line[:190] + f" p{i:03d}", actor=LOCAL_OWNER, now=NOW, email=f"p{i}@example.org"
        )
        given = Forecast(f"Fp{i:03d}", "pact", D28, person.id, 0.4, NOW + timedelta(hours=3), DAY, line, "", "")
        ledger.append(home.store, [given], board=board.id, actor=LOCAL_OWNER, now=NOW + timedelta(hours=3))
    pasted = [Pasted(f"https://example.org/{i}", line[:290]) for i, line in enumerate(lines)]
    reading_list.add(home.store, pasted, board=board.id, actor=LOCAL_OWNER, now=NOW)
    done = home.refit(now=NOW + timedelta(hours=4))
    assert done.kind == "published", done.message
    return home


def _keep_senate(home: small_home.Home) -> None:
    fitted = home.board.votes[0].fitted
    assert fitted is not None
    wanted = senate_fit.recipe(fitted).input_hash
    draws = replace(made_up(fitted), input_hash=wanted)
    home.artefacts.bind(wanted, home.artefacts.put(to_bytes(draws, bits=MOST_BITS)))


def definition(board: Board, texts: Sequence[str]) -> Board:
    """Return a definition whose words are these strings, in turn, at any depth."""
    turn = iter(range(10**6))

    def hostile(value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            return texts[next(turn) % len(texts)] if name in DEFINITION_TEXTS and name != "id" else value
        if isinstance(value, tuple):
            return tuple(hostile(v) for v in value)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{f.name: hostile(getattr(value, f.name), f.name) for f in fields(value)})
        return value

    return small_home.board_text.sealed(small_home.board_text.parse(small_home.board_text.text(hostile(board))))
