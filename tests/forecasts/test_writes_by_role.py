"""Every action as a real write, tried by every role and by somebody anonymous: it is written, or nothing is.

The table of who may do what stands in test_people.py; here each action is the write that needs it.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pytest

from forecasts import dump, ledger, people, runs, snapshots
from forecasts.alerts import subscribers
from forecasts.alerts.sealing import Address, new_key, new_secret
from forecasts.artefacts import Artefacts
from forecasts.domain import (
    BoardVersion,
    Composition,
    Confirmation,
    Forecast,
    NamedWhatIf,
    Occurrence,
    Record,
    Resolution,
    Retraction,
    Statement,
)
from forecasts.errors import ForbiddenError
from forecasts.people import ALLOWED, ANONYMOUS, LOCAL_OWNER, Action, Actor
from forecasts.store import Store, open_store
from tests.forecasts.records import evidence, snapshot
from tests.forecasts.test_runs import run

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = NOW.date()
ME = "p0123456789abcdef"
KEY = new_key()
ACTORS = {role: Actor(ME, role) for role in ALLOWED} | {"anonymous": ANONYMOUS}


def forecast(entry: str, forecaster: str) -> Forecast:
    return Forecast(entry, "q", date(2030, 12, 31), forecaster, 0.3, NOW, DAY, "", "", "")


RECORDS: dict[Action, Callable[[str], Record]] = {
    "evidence": lambda me: evidence("E1", forecaster=me),
    "evidence_of_others": lambda _: evidence("E2", forecaster="p2"),
    "retract": lambda _: Retraction("X1", "E0", "a mistake", DAY),
    "occurrence": lambda _: Occurrence("O1", "q", DAY, DAY, "A gazette", "", "verified", ""),
    "confirm": lambda _: Confirmation("C1", DAY, DAY, (), ""),
    "statement": lambda _: Statement("S1", "q", "m1", "for_firm", DAY, DAY, "A speech", "", ""),
    "observe": lambda _: Composition("M1", "q", DAY, DAY, (), "A roll", "", ""),
    "forecast": lambda me: forecast("F1", me),
    "forecast_of_others": lambda _: forecast("F2", "p2"),
    "what_if": lambda _: NamedWhatIf("W1", "A truce", "see", ("q by 2030-12-31",), "", DAY),
    "resolve": lambda _: Resolution("R1", "q", date(2026, 6, 30), "no", DAY, DAY, "None was signed", "", ""),
    "define_board": lambda _: BoardVersion("board", "a" * 64, "owner", "first", DAY),
}
"""Actions that are one row of the ledger, made for a writer."""


@dataclass(frozen=True)
class Place:
    """A store of one actor with a first entry, and what else a write may need."""

    actor: Actor
    store: Store
    artefacts: Artefacts
    lines: list[str]
    """The record of another board, as it was exported."""

    def append(self, action: Action) -> None:
        ledger.append(self.store, [RECORDS[action](self.actor.id)], board="b", actor=self.actor, now=NOW)

    def contents(self) -> tuple[object, ...]:
        boards = ledger.known_boards(self.store)
        rows = tuple(ledger.history(self.store, b) for b in boards)
        heads = tuple(snapshots.index(self.store, b)["id"].to_list() for b in ("b", "other"))
        told = tuple(replace(s, seen={}) for s in subscribers.every(self.store))
        return boards, rows, str(heads), runs.read(self.store, "b"), people.everyone(self.store), told


def subscribe(place: Place, name: str) -> None:
    address = Address("https://hooks.example.org/x", new_secret(), private=False)
    told = {"kind": "webhook", "address": address, "rules": (), "seen": {}, "key": KEY}
    subscribers.add(place.store, name, board="b", actor=place.actor, now=NOW, **told)


WRITES: dict[Action, tuple[Callable[[Place], object], ...]] = {
    **{action: ((lambda p, action=action: p.append(action)),) for action in RECORDS},
    "publish": (
        lambda p: snapshots.write(p.store, snapshot(as_of=NOW), actor=p.actor),
        lambda p: runs.append(p.store, run("refused"), actor=p.actor),
    ),
    "people": (
        lambda p: people.add(p.store, "Ada", actor=p.actor, now=NOW),
        lambda p: people.correct(p.store, people.everyone(p.store)[0], actor=p.actor),
        lambda p: people.erase(p.store, people.everyone(p.store)[0].id, actor=p.actor, now=NOW),
    ),
    "alerts": (
        lambda p: subscribe(p, f"desk of {p.actor.id}"),
        lambda p: subscribers.resume(p.store, subscribers.find(p.store, "b", "first"), actor=p.actor, now=NOW),
        lambda p: subscribers.remove(p.store, subscribers.find(p.store, "b", "first"), actor=p.actor),
    ),
    "load": (lambda p: dump.load(p.lines, p.store, p.artefacts, actor=p.actor, now=NOW),),
}
"""Action -> the writes of the store that need it. To ask for a run is not one of them: tests/app/test_gating.py."""


@pytest.fixture(scope="module", params=ACTORS)
def place(request, tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("roles")
    artefacts = Artefacts(tmp_path / "artefacts")
    with open_store(f"sqlite:///{tmp_path / 'first.sqlite'}") as first:
        definition = BoardVersion("board", artefacts.put(b"title = 'x'"), "owner", "first", DAY)
        ledger.append(first, [definition], board="other", actor=LOCAL_OWNER, now=NOW)
        lines = list(dump.dump(first, artefacts, "other"))
    with open_store(f"sqlite:///{tmp_path / 'twixt.sqlite'}") as store:
        ledger.append(store, [evidence("E0")], board="b", actor=LOCAL_OWNER, now=NOW)
        people.add(store, "Bob", actor=LOCAL_OWNER, now=NOW)
        subscribe(Place(LOCAL_OWNER, store, artefacts, lines), "first")
        yield Place(ACTORS[request.param], store, artefacts, lines)


def test_every_action_is_a_write_here() -> None:
    assert {*WRITES, "refit"} == set(get_args(Action))


@pytest.mark.parametrize("action", WRITES)
def test_a_write_passes_or_leaves_no_trace(place: Place, action: Action) -> None:
    before, allowed = place.contents(), action in ALLOWED[place.actor.role]
    for write in WRITES[action]:
        if allowed:
            write(place)
        else:
            with pytest.raises(ForbiddenError, match="may not"):
                write(place)
    assert (place.contents() != before) is allowed


def test_somebody_anonymous_may_write_nothing() -> None:
    assert ALLOWED[ANONYMOUS.role] == frozenset()


def functions_that_write() -> list[tuple[str, ast.FunctionDef]]:
    """Return the functions below the app that open a transaction to write, with their module."""
    trees = [(path.stem, ast.parse(path.read_text(encoding="utf-8"))) for path in (ROOT / "forecasts").glob("*.py")]
    every = [(stem, node) for stem, tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [(f"{stem}.{node.name}", node) for stem, node in every if "writing" in called(node)]


def called(node: ast.AST) -> set[str]:
    """Return the last names of everything that is called within a function."""
    calls = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    return {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls}


ASKS_NOBODY = {"store._migrate", "logins.end", "verification.mend_triggers"}
"""Writes that need no role: the schema is brought up to date before anybody can ask, whoever has logged in may end that
login, which gives nobody anything, and triggers that are made anew protect rows without touching one."""


def test_every_transaction_that_writes_asks_who_it_is() -> None:
    writing = functions_that_write()
    assert {"ledger.append", "people.add", "snapshots.write"} <= {name for name, _ in writing}
    silent = {name for name, node in writing if not {"authorise", "_check_actor", "append_locked"} & called(node)}
    assert silent <= ASKS_NOBODY, f"{silent - ASKS_NOBODY} write without asking `people.authorise`"
