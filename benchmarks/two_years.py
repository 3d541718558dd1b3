"""The home that the pages are timed on: two years of daily snapshots of 25 questions, 500 evidence items, people.

The shipped board with four more questions, entered, confirmed and published through the real modules. The numbers of
the past are made up (nothing is simulated for them); the newest snapshot is a real run with stored futures, so that
every page shows all that it can show. `python -m benchmarks.two_years FOLDER` leaves such a home to be looked at.
"""

import csv
import itertools
import math
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from forecasts import board as boards
from forecasts import class_rates, class_rates_fit, ledger
from forecasts.definition import Board
from forecasts.domain import Effect, Evidence, Forecast, Record
from forecasts.draws_file import DrawsFile, Variable, from_bytes, to_bytes
from forecasts.instants import end_of_day
from forecasts.people import LOCAL_OWNER
from forecasts.refit import Wanted, refit
from forecasts.settings import SHIPPED_BOARDS, Home, Workspace, open_workspace
from forecasts.shipped import SHIPPED
from tests.app import publishing

BOARD = "indivisible-security"
DAYS = 730
ITEMS = 500
MORE = 4
MODEL_QUESTION = "strategic_arms_deal"
"""The further questions are like this one."""
LAST = publishing.NOW.date() - timedelta(days=1)
STORIES = 60
PEOPLE = ("ada", "bela")


def build(root: Path) -> Board:
    """Make the home in an empty folder and return its board."""
    with tempfile.TemporaryDirectory() as folder:
        directory = larger_board(Path(folder) / BOARD)
        opened = open_workspace(Home.from_environment({"TWIXT_HOME": str(root)}))
        with opened.store:
            board = publishing.enter(opened, directory, now=publishing.NOW - timedelta(hours=1))
            keep_rates(opened, board)
            append(opened, board, [*evidence(board, ITEMS - seeded(opened, board)), *forecasts(board)])
            publish_days(opened, board)
            publish_now(opened, board)
    return board


def larger_board(directory: Path) -> Path:
    """Write the shipped definition with four more questions and return its directory."""
    shutil.copytree(SHIPPED_BOARDS / BOARD, directory)
    names = [f"arms_deal_{i}" for i in range(1, MORE + 1)]
    questions = directory / "questions.toml"
    text = questions.read_text(encoding="utf-8")
    block = next(b for b in text.split("[[question]]") if f'id = "{MODEL_QUESTION}"' in b)
    copies = [
        block.replace(MODEL_QUESTION, name).replace('title = "Will', f'title = "In case {i}, will')
        for i, name in enumerate(names, start=1)
    ]
    copies = [c.replace('short = "', f'short = "{i}: ') for i, c in enumerate(copies, start=1)]
    questions.write_text("[[question]]".join([text.rstrip() + "\n\n", *copies]), encoding="utf-8")
    for table in ("cases.csv", "adjustments.csv"):
        repeat_rows(directory / table, names)
    return directory


def repeat_rows(table: Path, names: list[str]) -> None:
    """Repeat the rows of the model question for each of the further ones."""
    with table.open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    mine = [row for row in lines if row and row[0] == MODEL_QUESTION]
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines + [[name, *row[1:]] for name in names for row in mine])


def keep_rates(opened: Workspace, board: Board) -> None:
    """Keep class rates for the larger board: the shipped draws, the further questions with those of their model."""
    shipped, problems = boards.load(SHIPPED_BOARDS / BOARD)
    if shipped is None:
        raise RuntimeError(f"the shipped board has mistakes: {problems}")
    found = SHIPPED.find(class_rates_fit.recipe(shipped).input_hash)
    if found is None:
        raise RuntimeError("the shipped class rates do not match their inputs: `make draws`")
    file, wanted = from_bytes(found), class_rates_fit.recipe(board).input_hash
    names = tuple(map(str, file.coords["question"]))
    wider = tuple(dict.fromkeys(c.question for c in board.cases))
    at = [names.index(q if q in names else MODEL_QUESTION) for q in wider]
    rate = Variable(("question",), file.variables["rate"].values[:, :, at], class_rates.UNITS["rate"])
    draws = DrawsFile(file.model, wanted, {"question": wider}, {"rate": rate}, file.receipt)
    opened.artefacts.bind(wanted, opened.artefacts.put(to_bytes(draws, bits=class_rates_fit.BITS)))


def seeded(opened: Workspace, board: Board) -> int:
    """Return how many evidence items came with the definition."""
    return sum(isinstance(entry.record, Evidence) for entry in ledger.history(opened.store, board.id))


def append(opened: Workspace, board: Board, records: list[Record]) -> None:
    """Add records to the board's ledger."""
    ledger.append(opened.store, records, board=board.id, actor=LOCAL_OWNER, now=publishing.NOW - timedelta(minutes=30))


def evidence(board: Board, count: int) -> Iterator[Evidence]:
    """Give items over two years on all open questions: sixty stories, weak reports for and against by turns."""
    open_questions = [q for q in board.questions if q.kind == "event" and q.id not in publishing.HAPPENED]
    for i in range(count):
        question = open_questions[i % len(open_questions)]
        published = LAST - timedelta(days=DAYS - 1 - i * DAYS // count)
        ratio = math.exp(0.04 * (1 if i % 2 else -1) * (1 + i % 3))
        by = next(d for d in question.deadlines if d > publishing.NOW.date() + timedelta(days=200 + 30 * (i % 40)))
        yield Evidence(
            id=f"E{1001 + i}",
            occurred_on=published,
            published_on=published,
            statement=f"Report {i + 1} of the two years: a meeting on {question.short} was announced, moved or held.",
            source=f"Newspaper {i % 23}",
            url=f"https://example.org/reports/{i + 1}",
            grade_source="ABC"[i % 3],
            grade_info="23"[i % 2],
            lr_basis="content",
            kind="fact" if i % 3 else "intent",
            half_life_days=None if i % 3 else 120.0,
            thread=f"story_{i % STORIES}",
            verification="recalled",
            effects=(Effect(question.id, by, ratio, ratio / 1.2, ratio * 1.2),),
            forecaster="owner",
        )


def forecasts(board: Board) -> Iterator[Forecast]:
    """Give forecasts of the owner and of two crowds, each month on every second question."""
    questions = [q for q in board.questions if q.id not in publishing.HAPPENED][::2]
    months = [LAST - timedelta(days=30 * k) for k in range(23, -1, -1)]
    who = ("owner", *(f"crowd:{name}" for name in PEOPLE))
    for i, (day, question, person) in enumerate(itertools.product(months, questions, who)):
        known = min(day, date(2026, 7, 1))
        said = publishing.probability(question, question.headline_deadline, known=known, step=i % 50)
        yield Forecast(
            id=f"F{1001 + i}",
            question=question.id,
            deadline=question.headline_deadline,
            forecaster=person,
            probability=min(0.97, max(0.02, said)),
            issued_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            published_on=day,
            rationale="A monthly look.",
            source="",
            url="",
        )


def publish_days(opened: Workspace, board: Board) -> None:
    """Publish a live snapshot for each day of two years, without tables: pages read those of the newest only."""
    for i in range(DAYS):
        day = LAST - timedelta(days=DAYS - 1 - i)
        publishing.publish(opened, board, on=end_of_day(day), mode="live", step=i, tables=b"{}")


def publish_now(opened: Workspace, board: Board) -> None:
    """Publish the newest snapshot by a real run; raises RuntimeError when its gates refuse."""
    wanted = Wanted(accept_jump=True)
    outcome = refit(opened.store, opened.artefacts, board.id, now=publishing.NOW, wanted=wanted)
    if outcome.kind != "published":
        raise RuntimeError(outcome.message)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
