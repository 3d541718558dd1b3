"""Commands on a published board: the starter board, sampled, simulated and published for real by `twixt refit`.

Every test works on a copy of one home.
"""

import json
import math
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from app.commands import status
from forecasts import ledger
from forecasts.artefacts import Artefacts
from forecasts.settings import Home
from forecasts.store import open_store
from tests.cli.conftest import Place, complaint, process, run_at
from tests.cli.test_start import HEAVY, imported

NOW = datetime.now(UTC)
"""The starter board's days follow the day on which it is written."""


@pytest.fixture
def garden(published: Path, tmp_path: Path) -> Place:
    shutil.copytree(published, tmp_path / "home")
    return Place(tmp_path / "home")


@pytest.fixture
def run(garden: Place) -> Callable[..., Result]:
    def at(*arguments: str, now: datetime | None = None) -> Result:
        return run_at(garden, *arguments, now=now or datetime.now(UTC))

    return at


def document(result: Result | subprocess.CompletedProcess[str], code: int = 0):
    returned = result.exit_code if isinstance(result, Result) else result.returncode
    assert returned == code, result.stderr
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def open_lines(found) -> list[dict]:
    return [q for q in found["questions"] if q["state"] == "open"]


def evidence(found, lr: str) -> list[str]:
    """Return the options of an item on the first question still open, by its last deadline."""
    line = next(q for q in reversed(open_lines(found)) if 0.02 < q["probability"] < 0.9)
    return ["--question", line["question"], "--deadline", line["deadline"], "--lr", lr]


def test_status_has_the_shape_that_others_rely_on(run) -> None:
    found = document(run("status", "--json"))
    assert {"as_of", "known_through", "stale", "questions", "scenarios"} <= found.keys()
    assert found["stale"] is False
    keys = {"question", "deadline", "probability", "low", "high", "change_7d", "change_30d", "resolved"}
    assert all(keys <= q.keys() for q in found["questions"])
    assert all({"scenario", "probability", "low", "high", "overlay"} <= s.keys() for s in found["scenarios"])
    for line in open_lines(found):
        assert 0 <= line["low"] <= line["probability"] <= line["high"] <= 1
    assert math.isclose(sum(s["probability"] for s in found["scenarios"] if not s["overlay"]), 1, abs_tol=1e-9)


def test_status_fits_a_screen_and_names_every_question_and_scenario(run) -> None:
    found = document(run("status", "--json"))
    text = run("status").stdout
    assert all(q["question"] in text for q in found["questions"])
    assert all(s["scenario"] in text for s in found["scenarios"])
    lines = text.splitlines()
    assert len(lines) <= len({q["question"] for q in found["questions"]}) + len(found["scenarios"]) + 7
    assert max(map(len, lines)) <= 100
    every = run("status", "--deadlines").stdout.splitlines()
    assert len(every) - len(lines) == len(found["questions"]) - len({q["question"] for q in found["questions"]})


def test_status_of_a_published_board_loads_no_heavy_library(garden: Place) -> None:
    for arguments in (["status"], ["status", "--json"]):
        names = imported(*arguments, place=garden)
        assert "polars" in names
        assert not names & (HEAVY | {"alembic"})


def test_status_as_of_a_day_without_a_snapshot_says_so(run) -> None:
    before = (NOW - timedelta(days=2)).date().isoformat()
    assert "no live snapshot by" in complaint(run("status", "--as-of", before))
    assert "no retrospective snapshot yet" in complaint(run("status", "--retrospective"))


def test_the_same_inputs_are_published_once(run, garden: Place) -> None:
    before = garden.contents()
    for arguments in (["refit"], ["refit", "--due"]):
        assert "nothing new" in run(*arguments).stdout
    found = document(run("refit", "--due", "--json"))
    assert [b["outcome"] for b in found["boards"]] == ["unchanged"]
    assert garden.contents()[2] == before[2]


def test_a_preview_has_the_shape_that_others_rely_on_and_writes_nothing(run, garden: Place) -> None:
    status = document(run("status", "--json"))
    before = garden.contents()
    found = document(run("evidence", "preview", *evidence(status, "3"), "--json"))
    assert {"questions", "scenarios", "ess", "khat"} <= found.keys()
    assert all({"question", "deadline", "before", "after", "low", "high"} <= q.keys() for q in found["questions"])
    assert all({"scenario", "before", "after"} <= s.keys() for s in found["scenarios"])
    issued = {(q["question"], q["deadline"]): q["probability"] for q in status["questions"]}
    for line in found["questions"]:
        assert line["before"] == pytest.approx(issued[line["question"], line["deadline"]], abs=1e-9)
    assert garden.contents() == before


@pytest.mark.parametrize(("lr", "direction"), [("3", 1), ("0.33", -1), ("1", 0)])
def test_a_preview_moves_the_question_in_the_direction_of_the_ratio(run, lr: str, direction: int) -> None:
    status = document(run("status", "--json"))
    options = evidence(status, lr)
    found = document(run("evidence", "preview", *options, "--json"))
    (line,) = [q for q in found["questions"] if (q["question"], q["deadline"]) == (options[1], options[3])]
    moved = line["after"] - line["before"]
    assert moved == 0 if direction == 0 else moved * direction > 0.02
    text = run("evidence", "preview", *options).stdout
    assert ("nothing moves" in text) == (direction == 0)
    assert "nothing was saved" in text


def test_a_weak_grade_moves_less(run) -> None:
    options = evidence(document(run("status", "--json")), "3")

    def moved(grade: str) -> float:
        found = document(run("evidence", "preview", *options, "--grade", grade, "--json"))
        return next(
            q["after"] - q["before"]
            for q in found["questions"]
            if (q["question"], q["deadline"]) == (options[1], options[3])
        )

    assert 0 < moved("E4") < moved("C3") < moved("A1")


def test_a_preview_by_a_new_name_adds_nobody(run, garden: Place) -> None:
    options = evidence(document(run("status", "--json")), "2")
    before = garden.contents()
    assert run("evidence", "preview", *options, "--by", "Somebody New").exit_code == 0
    assert garden.contents() == before


def test_what_was_previewed_is_what_the_refit_publishes(run, garden: Place) -> None:
    options = evidence(document(run("status", "--json")), "2")
    rest = ["--grade", "A1", "--kind", "fact", "--thread", "t", "--statement", "It was said.", "--source", "Agency"]
    previewed = document(run("evidence", "preview", *options, *rest, "--json"))
    assert run("evidence", "add", *options, *rest).exit_code == 0
    waiting = document(run("status", "--json"))
    assert waiting["stale"] is True
    assert "1 ledger row" in waiting["stale_reason"]
    refit = document(process(garden, "refit", "--due", "--json"))["boards"][0]
    assert refit["outcome"] == "published"
    published = {(q["question"], q["deadline"]): q for q in document(run("status", "--json"))["questions"]}
    for line in previewed["questions"]:
        assert published[line["question"], line["deadline"]]["probability"] == pytest.approx(line["after"], abs=0.01)
    end = datetime.now(UTC)
    explained = document(run("explain", options[1], "--deadline", options[3], "--json", now=end))
    assert {"from", "to", "parts"} <= explained.keys()
    assert explained["unit"] == "log_odds"
    move = _log_odds(explained["to"]) - _log_odds(explained["from"])
    assert sum(p["log_odds"] for p in explained["parts"]) == pytest.approx(move, abs=1e-9)
    largest = max(explained["parts"], key=lambda p: abs(p["log_odds"]))
    assert largest["kind"] == "evidence"
    text = run("explain", options[1], "--deadline", options[3], now=end).stdout
    assert f"{move:+.3f}" in text.splitlines()[-1]


def test_without_an_item_the_board_is_what_it_is_after_its_retraction(run, garden: Place) -> None:
    options = evidence(document(run("status", "--json")), "3")
    rest = ["--grade", "A1", "--kind", "fact", "--thread", "t", "--statement", "It was said.", "--source", "Agency"]
    entered = document(run("evidence", "add", *options, *rest, "--json"))["entry"]
    rows = garden.contents()
    without = document(run("evidence", "preview", "--without", entered, "--json"))
    assert "nothing was saved" in run("evidence", "preview", "--without", entered).stdout
    assert "lr" not in run("evidence", "edit", entered, "--grade", "B2", "--dry-run").stderr
    dry = document(run("evidence", "edit", entered, "--grade", "E4", "--dry-run", "--json"))
    assert [(c["part"], c["was"], c["becomes"]) for c in dry["changes"]] == [("grade", "A1", "E4")]
    assert garden.contents() == rows
    issued = {(q["question"], q["deadline"]): q["probability"] for q in document(run("status", "--json"))["questions"]}
    for line in without["questions"]:
        assert line["after"] == pytest.approx(issued[line["question"], line["deadline"]], abs=1e-9)
    moved = {(q["question"], q["deadline"]): q["before"] - q["after"] for q in without["questions"]}
    weaker = {(q["question"], q["deadline"]): q["after"] - q["before"] for q in dry["questions"]}
    place = (options[1], options[3])
    assert moved[place] > 0.02
    assert -moved[place] < weaker[place] < 0, "a weak grade takes part of it back"
    assert run("evidence", "retract", entered, "--reason", "Withdrawn").exit_code == 0
    gone = run("evidence", "preview", "--without", entered)
    assert "is no item in force" in gone.stderr


def _log_odds(p: float) -> float:
    return math.log(p / (1 - p))


def test_a_run_with_too_few_futures_is_refused_and_the_board_is_stale(run, garden: Place) -> None:
    good = document(run("status", "--json"))
    refused = process(garden, "refit", "--futures", "200", "--seed", "5")
    assert refused.returncode in {3, 4}, refused.stderr
    assert complaint(refused)
    assert refused.stdout == ""
    stale = document(run("status", "--json"), code=3)
    assert stale["stale"] is True
    assert stale["questions"] == good["questions"]
    assert "stale: refused since" in run("status").stdout
    as_json = document(process(garden, "refit", "--futures", "200", "--seed", "6", "--json"), refused.returncode)
    assert as_json["outcome"] == "refused"
    assert any(not gate["holds"] for gate in as_json["gates"])


def artefact(place: Place, name: str) -> Path:
    (found,) = [p for p in (place.root / "artefacts").rglob("*") if p.is_file() and p.name.startswith(name)]
    return found


def spoil(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def test_damaged_futures_are_named_before_anything_is_shown(run, garden: Place) -> None:
    from forecasts import snapshots
    from forecasts.settings import Home
    from forecasts.store import open_store

    options = evidence(document(run("status", "--json")), "2")
    with open_store(Home.from_environment(garden.environment).database) as store:
        futures = snapshots.latest(store, "garden", mode="live").futures_hash
    spoil(artefact(garden, futures[:16]))
    result = run("evidence", "preview", *options)
    assert result.exit_code == 2
    assert futures[:8] in complaint(result)
    assert run("status").exit_code == 0, "the snapshot does not need them"


def test_damaged_draws_are_never_used(run, garden: Place) -> None:
    """They are sampled anew, and the receipt says so."""
    before = document(run("status", "--json"))
    draws = [p for p in (garden.root / "artefacts").rglob("*") if p.is_file() and p.read_bytes()[:4] == b"\x89HDF"]
    assert len(draws) == 1, "one fit, one file of draws"
    spoil(draws[0])
    ran = process(garden, "refit", "--seed", "9", "--json")
    assert ran.returncode == 0, ran.stderr
    receipt = json.dumps(json.loads(ran.stdout)["receipt"])
    assert "draws could not be read" in receipt
    assert '"origin": "sampled"' in receipt
    after = {(q["question"], q["deadline"]): q["probability"] for q in document(run("status", "--json"))["questions"]}
    for line in before["questions"]:
        assert after[line["question"], line["deadline"]] == pytest.approx(line["probability"], abs=0.02)


def test_a_backfill_goes_on_where_it_stopped(run, garden: Place) -> None:
    first = document(process(garden, "backfill", "--every", "20d", "--workers", "1", "--json"))
    assert first["failed"] == []
    assert first["published"] == first["dates"]
    again = document(process(garden, "backfill", "--every", "20d", "--json"))
    assert (again["published"], again["unchanged"]) == ([], first["dates"])
    shown = document(run("status", "--retrospective", "--json"))
    assert (shown["mode"], shown["as_of"][:10]) == ("retrospective", first["dates"][-1])
    earlier = document(run("status", "--retrospective", "--as-of", first["dates"][0], "--json"))
    assert earlier["as_of"][:10] == first["dates"][0]
    start, end = first["dates"][0], first["dates"][-1]
    question = open_lines(shown)[0]["question"]
    explained = document(run("explain", question, "--from", start, "--to", end, "--retrospective", "--json"))
    assert (explained["start"][:10], explained["end"][:10]) == (start, end)
    assert document(run("explain", question, "--from", start, "--as-of", end, "--retrospective", "--json")) == explained


def test_only_one_backfill_of_a_board_runs_at_a_time(run, garden: Place) -> None:
    from forecasts.file_lock import held

    with held(garden.root / "backfill-garden.lock"):
        assert "another backfill is running" in complaint(run("backfill", "--every", "30d"))


def test_a_board_that_cannot_be_run_does_not_stop_the_next_one(run, garden: Place) -> None:
    assert run("board", "new", "aaa").exit_code == 0
    assert run("init", "--board", "aaa").exit_code == 0
    home = Home.from_environment(garden.environment)
    with open_store(home.database, migrate=False) as store:
        (definition,) = ledger.history(store, "aaa", entry="board")
    Artefacts(home.artefacts).remove(definition.record.content_hash)
    result = run("refit", "--due", "--json")
    assert result.exit_code == 2
    assert [(b["board"], b["outcome"]) for b in json.loads(result.stdout)["boards"]] == [
        ("aaa", "failed"),
        ("garden", "unchanged"),
    ]
    assert "aaa: definition" in complaint(result)


def test_a_move_needs_two_snapshots(run) -> None:
    question = document(run("status", "--json"))["questions"][0]["question"]
    result = run("explain", question)
    assert result.exit_code == 2
    assert "two" in complaint(result)


def test_a_closed_question_is_marked_in_the_list() -> None:
    line = {"question": "flood", "deadline": "2030-12-31", "state": "passed", "change_7d": None, "change_30d": None}
    assert status.cells({**line, "closed_on": date(2030, 3, 1)})[0] == "flood (closed 2030-03-01)"
    assert status.cells({**line, "closed_on": None})[0] == "flood"


def test_whatif_has_the_shape_that_others_rely_on_and_a_screen(run) -> None:
    line = next(q for q in reversed(open_lines(document(run("status", "--json")))) if 0.1 < q["probability"] < 0.9)
    condition = f"{line['question']} by {line['deadline']}"
    found = document(run("whatif", "--see", condition, "--json"))
    assert {"conditions", "mode", "ess", "results"} <= found.keys()
    assert found["conditions"] == [condition]
    assert found["mode"] == "see"
    assert math.isclose(found["chance"], line["probability"], abs_tol=1e-9)
    assert all({"question", "deadline", "before", "after", "low", "high"} <= r.keys() for r in found["results"])
    text = run("whatif", "--see", condition).stdout
    assert text.startswith(f"seen: {condition}")
    assert line["question"] in text
    done = document(run("whatif", "--do", f"never {line['question']}", "--json"))
    assert {r["after"] for r in done["results"] if r["question"] == line["question"]} == {0.0}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--see, --do: neither --see nor --do was given"),
        (["--see", "a by 2030-01-01", "--do", "never a"], "--see, --do: both --see and --do were given"),
        (["--see", "nonsense"], "'nonsense': what is seen is written"),
        (["--do", "never nobody_knows"], "'nobody_knows' is no question of this board"),
        (["--see", "scenario nobody_knows"], "'nobody_knows' is no scenario of this board"),
        (["--see", "x by 2030-01-01", "--as-of", "2999-01-01"], "--as-of: 2999-01-01 lies in the future"),
    ],
)
def test_whatif_refuses_what_it_cannot_use(garden: Place, run, arguments, said) -> None:
    before = garden.contents()
    refused = run("whatif", *arguments)
    assert refused.exit_code == 2
    assert said in complaint(refused)
    assert garden.contents() == before


def test_an_edge_is_reported_as_judged_and_as_it_is_now(run, garden) -> None:
    from forecasts import board

    (folder,) = (garden.root / "boards").iterdir()
    edge = next(e for e in board.load(folder)[0].edges if e.kind == "hazard_ratio")
    found = document(run("explain", edge.child, "--edge", edge.parents[0], "--json"))
    assert {"parent", "child", "fitted", "prior", "posterior", "bits", "sd_ratio", "mcse"} <= found.keys()
    assert found["prior"]["median"] == pytest.approx(edge.hazard_ratio.median, rel=1e-4)
    assert found["fitted"] is False
    assert 0 <= found["posterior"]["above_one"] <= 1
    assert found["bits"] >= 0
    shown = run("explain", edge.child, "--edge", edge.parents[0]).stdout
    assert f"{edge.parents[0]} -> {edge.child}, live" in shown
    assert "as judged" in shown
