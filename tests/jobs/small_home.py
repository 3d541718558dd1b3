"""A small board in a store of its own, ready to be refitted without a sampler: its class rates are exact draws."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from forecasts import board_text, class_rates, class_rates_fit, ledger
from forecasts.artefacts import Artefacts
from forecasts.definition import Board, Scenario, Settings
from forecasts.domain import BoardVersion, Confirmation, Effect, Evidence, Occurrence, Record, Retraction
from forecasts.draws_file import MOST_BITS, to_bytes
from forecasts.people import LOCAL_OWNER
from forecasts.refit import Outcome, Wanted, refit
from forecasts.store import Store, open_store
from tests.forecasts import small_board

START = datetime(2026, 4, 1, 9, tzinfo=UTC)
"""When the ledger begins."""
NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
THROUGH = date(2026, 3, 31)
SETTINGS = Settings(draws=48_000, futures_per_draw=3, readings=8, spread_columns=4, seed=5)


def scenario(name: str, group: str, definition: str) -> Scenario:
    return Scenario(name, group, name, "", definition, "")


def small(**changes: object) -> Board:
    """Return the board of the encoding tests with scenarios, and enough draws to be published."""
    scenarios = (
        scenario("relapsed", "partition", "relapse <= DATE '2030-12-31'"),
        scenario("settled", "partition", "pact <= DATE '2030-12-31'"),
        scenario("open_end", "partition", "TRUE"),
        scenario("armed", "overlay", "three <= DATE '2030-12-31' AND truce IS NULL"),
    )
    values = {"scenarios": scenarios, "settings": SETTINGS} | changes
    return board_text.sealed(board_text.parse(board_text.text(replace(small_board.BOARD, **values))))


@dataclass(frozen=True)
class Home:
    """A store with one board."""

    store: Store
    artefacts: Artefacts
    board: Board

    def add(self, *records: Record, at: datetime = NOW, versions: dict[str, int] | None = None) -> None:
        ledger.append(self.store, records, board=self.board.id, actor=LOCAL_OWNER, now=at, expected_version=versions)

    def refit(self, *, now: datetime = NOW, **choices: object) -> Outcome:
        wanted = {k: choices.pop(k) for k in tuple(choices) if k in Wanted.__slots__}
        return refit(
            self.store, self.artefacts, self.board.id, now=now, wanted=Wanted(**({"threads": 1} | wanted)), **choices
        )


def open_home(
    folder: Path, board: Board | None = None, *, through: date = THROUGH, rows: int = 24_000, database: str = ""
) -> Home:
    """Give a new home whose board is confirmed through a day, with its record in the folder or at a URL."""
    board = board or small()
    folder.mkdir(parents=True, exist_ok=True)
    url = database or f"sqlite:///{folder / 'twixt.sqlite'}"
    home = Home(open_store(url), Artefacts(folder / "artefacts"), board)
    keep_rates(home, rows=rows)
    home.artefacts.put(board_text.text(board).encode())
    home.add(
        BoardVersion("board", board.content_hash, "owner", "test", START.date()),
        Confirmation("C1", through, START.date(), (), ""),
        at=START,
    )
    return home


def keep_rates(home: Home, *, rows: int = 24_000, factor: float = 1.0, seed: int = 1) -> str:
    """Let the catalogue find draws of the class rates, as if they had been sampled; returns their artefact."""
    wanted = class_rates_fit.recipe(home.board).input_hash
    rates = small_board.class_rates(home.board, rows=rows, seed=seed)
    rates = replace(rates, rate=(rates.rate * factor).astype("f4"), input_hash=wanted)
    kept = home.artefacts.put(to_bytes(class_rates.file_of(rates), bits=MOST_BITS))
    home.artefacts.bind(wanted, kept)
    return kept


def evidence(
    entry: str, question: str = "truce", *, lr: float = 3.0, deadline: date = date(2028, 12, 31), **changes: object
) -> Evidence:
    """Return one item with one effect."""
    values = {
        "id": entry,
        "occurred_on": date(2026, 3, 1),
        "published_on": date(2026, 3, 2),
        "statement": f"Report {entry}.",
        "source": "A newspaper",
        "url": "",
        "grade_source": "B",
        "grade_info": "2",
        "lr_basis": "content",
        "kind": "fact",
        "half_life_days": None,
        "thread": entry,
        "verification": "verified",
        "effects": (Effect(question, deadline, lr, lr / 2, lr * 2),),
        "forecaster": "owner",
    }
    return Evidence(**values | changes)


def occurrence(entry: str, question: str, on: date) -> Occurrence:
    return Occurrence(entry, question, on, on, "A gazette", "", "verified", "")


def retraction(entry: str, target: str) -> Retraction:
    return Retraction(entry, target, "entered by mistake", NOW.date())
