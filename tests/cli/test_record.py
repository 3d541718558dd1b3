"""Commands that write the record: what they enter, in their own words and as JSON."""

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from forecasts import ledger, people
from forecasts.domain import Confirmation, Evidence, Occurrence, Resolution
from forecasts.settings import Home
from forecasts.store import open_store
from tests.cli.conftest import BOARD, NOW, Place, run_at
from tests.cli.test_bad_input import OCCURRED, RESOLVE, add, changed


def newest(home: Place, board: str = BOARD):
    with open_store(Home.from_environment(home.environment).database, migrate=False) as store:
        return ledger.history(store, board)[-1]


def everyone(home: Place):
    with open_store(Home.from_environment(home.environment).database, migrate=False) as store:
        return people.everyone(store)


def document(result):
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    return json.loads(result.stdout)


def test_init_enters_the_shipped_board_once(tmp_path) -> None:
    home = Place(tmp_path / "new")
    first = document(run_at(home, "init", "--json"))
    assert first["home"] == str(home.root)
    assert first["boards"] == [{"board": BOARD, "version": 1, "new_definition": True, "records": 89}]
    before = home.contents()
    again = document(run_at(home, "init", "--json"))
    assert again["boards"] == [{"board": BOARD, "version": 1, "new_definition": False, "records": 0}]
    assert home.contents() == before


def test_check_passes_the_shipped_board_against_its_own_record(twixt) -> None:
    assert document(twixt("check", "--json")) == {"board": BOARD, "ok": True, "problems": []}
    found = document(twixt("check", "--against-ledger", "--json"))
    assert (found["ok"], found["changes"]) == (True, [])


def test_check_lists_every_mistake_with_file_and_place(twixt, tmp_path) -> None:
    twixt("board", "new", str(tmp_path / "harvest"))
    for file, old, new in (
        ("board.toml", r"horizon = .*", 'horizon = "soon"'),
        ("questions.toml", r"criteria = ", "critera = "),
    ):
        path = tmp_path / "harvest" / file
        path.write_text(re.sub(old, new, path.read_text(), count=1))
    result = twixt("check", str(tmp_path / "harvest"))
    assert result.exit_code == 2
    assert "board.toml: line" in result.stdout
    assert "horizon: 'soon': a day as YYYY-MM-DD is needed" in result.stdout
    assert "unknown key 'critera' (did you mean 'criteria'?)" in result.stdout
    assert result.stderr.count("\n") == 1
    assert "harvest: " in result.stderr
    as_json = twixt("check", str(tmp_path / "harvest"), "--json")
    assert as_json.exit_code == 2
    found = json.loads(as_json.stdout)
    assert found["ok"] is False
    assert {(p["file"], p["severity"]) for p in found["problems"]} >= {
        ("board.toml", "error"),
        ("questions.toml", "error"),
    }


def test_what_looks_like_a_repeat_is_entered_and_said(twixt) -> None:
    first, again = twixt(*add()), twixt(*add(statement="Quite another wording of the same page."))
    assert first.stderr == ""
    assert again.exit_code == 0
    assert "it looks like E113 (the same link); `twixt evidence retract E114`" in again.stderr


def test_evidence_enters_with_everything_that_was_said(twixt, home: Place) -> None:
    arguments = add(kind="intent", half_life="180", by="Ann", lr_low="1.1", lr_high="2")
    found = document(twixt(*arguments, "--effect", "settlement:2027-12-31:0.8", "--source", "An agency", "--json"))
    entry = newest(home)
    item = entry.record
    assert isinstance(item, Evidence)
    assert (found["entry"], found["position"], found["record"]["id"]) == ("E113", 91, "E113")
    assert (item.id, item.thread, item.kind, item.half_life_days) == ("E113", "talks_june", "intent", 180)
    assert (item.source, item.url) == ("An agency", "https://example.org/report")
    assert (item.grade_source, item.grade_info, item.lr_basis, item.verification) == ("B", "2", "content", "unverified")
    assert [(e.question, e.deadline, e.lr, e.low, e.high) for e in item.effects] == [
        ("ceasefire", date(2027, 12, 31), 1.5, 1.1, 2.0),
        ("settlement", date(2027, 12, 31), 0.8, 0.593, 1.08),  # 0.8 over and times 1.35
    ]
    assert [(p.id, p.name) for p in everyone(home)] == [(item.forecaster, "Ann")]
    assert entry.recorded_by == people.LOCAL_OWNER.id


def test_by_means_one_person_however_often_and_in_whatever_case_of_id(twixt, home: Place) -> None:
    ids = {document(twixt(*add(by="Ann"), "--json"))["record"]["forecaster"] for _ in range(2)}
    assert len(ids) == 1
    by_id = document(twixt(*add(by=ids.pop()), "--json"))["record"]["forecaster"]
    assert [p.id for p in everyone(home)] == [by_id]
    own = document(twixt(*add(), "--json"))["record"]["forecaster"]
    assert own == people.LOCAL_OWNER.id


def test_two_people_of_one_name_are_told_apart(twixt, home: Place) -> None:
    with open_store(Home.from_environment(home.environment).database) as store:
        ids = [people.add(store, "Ann", actor=people.LOCAL_OWNER, now=NOW).id for _ in range(2)]
    result = twixt(*add(by="Ann"))
    assert result.exit_code == 2
    assert all(i in result.stderr for i in ids)
    assert document(twixt(*add(by=ids[1]), "--json"))["record"]["forecaster"] == ids[1]


def test_dates_default_to_today_and_a_link_names_its_host(twixt, home: Place) -> None:
    document(twixt(*add(occurred_on=None, published_on=None), "--json"))
    item = newest(home).record
    assert (item.occurred_on, item.published_on, item.source) == (NOW.date(), NOW.date(), "example.org")


def test_an_official_record_may_go_beyond_the_cap(twixt, home: Place) -> None:
    assert twixt(*add(lr="50")).exit_code == 2
    assert twixt(*add(lr="50"), "--official").exit_code == 0
    assert newest(home).record.official is True


def test_a_correction_is_a_new_version_of_the_entry(twixt, home: Place) -> None:
    twixt(*add())
    found = document(twixt(*add(lr="1.2", statement="They met."), "--corrects", "E113", "--json"))
    assert (found["entry"], found["version"]) == ("E113", 2)
    listed = document(twixt("evidence", "list", "--thread", "talks_june", "--json"))["evidence"]
    assert [(e["id"], e["version"], e["statement"]) for e in listed] == [("E113", 2, "They met.")]


def test_the_list_shows_what_is_in_force_by_question_and_day(twixt) -> None:
    everything = document(twixt("evidence", "list", "--json"))["evidence"]
    assert len(everything) == 87  # rows of the shipped evidence.csv
    on_ceasefire = document(twixt("evidence", "list", "--question", "ceasefire", "--json"))["evidence"]
    assert 0 < len(on_ceasefire) < 87
    assert all("ceasefire" in {e["question"] for e in item["effects"]} for item in on_ceasefire)
    early = document(twixt("evidence", "list", "--as-of", "2025-02-16", "--retrospective", "--json"))["evidence"]
    assert {e["published_on"] for e in early} <= {"2025-02-12", "2025-02-14", "2025-02-15", "2025-02-16"}
    assert (
        document(twixt("evidence", "list", "--as-of", "2026-07-01", "--json"))["evidence"] == []
    )  # live: entered later
    text = twixt("evidence", "list").stdout.splitlines()
    assert len(text) == 88
    assert max(map(len, text)) <= 160


def test_a_retraction_takes_the_item_out_and_can_itself_be_retracted(twixt, home: Place) -> None:
    twixt("evidence", "retract", "E021", "--reason", "Withdrawn")
    assert newest(home).record.target == "E021"
    assert "E021" not in {e["id"] for e in document(twixt("evidence", "list", "--json"))["evidence"]}
    again = twixt("evidence", "retract", "E021", "--reason", "Withdrawn")
    assert again.exit_code == 2
    twixt("evidence", "retract", "X001", "--reason", "It stands after all")
    assert "E021" in {e["id"] for e in document(twixt("evidence", "list", "--json"))["evidence"]}


def test_an_occurrence_a_confirmation_and_a_resolution_enter(twixt, home: Place) -> None:
    assert document(twixt(*OCCURRED, "--json"))["record"]["occurred_on"] == "2026-07-01"
    assert isinstance(newest(home).record, Occurrence)
    twixt("confirm", "--through", "2026-07-02", "--question", "settlement", "--note", "Checked")
    confirmed = newest(home).record
    assert isinstance(confirmed, Confirmation)
    assert (confirmed.questions, confirmed.published_on) == (("settlement",), NOW.date())
    assert "position" in twixt(*RESOLVE).stdout
    assert isinstance(newest(home).record, Resolution)


def test_an_occurrence_that_was_taken_back_can_be_entered_again(twixt) -> None:
    assert document(twixt(*OCCURRED, "--json"))["entry"] == "O002"
    assert twixt(*OCCURRED).exit_code == 2
    assert twixt("evidence", "retract", "O002", "--reason", "Too early").exit_code == 0
    assert document(twixt(*OCCURRED, "--json"))["entry"] == "O003"


def test_a_parent_lets_its_child_occur(twixt) -> None:
    child = changed(OCCURRED, "ceasefire", "senate_vote")
    assert twixt(*child).exit_code == 2
    assert twixt(*changed(OCCURRED, "ceasefire", "treaty_transmitted")).exit_code == 0
    assert twixt(*child).exit_code == 0


def test_a_second_outcome_corrects_the_first(twixt) -> None:
    first = document(twixt(*RESOLVE, "--json"))
    same = twixt(*RESOLVE)
    assert same.exit_code == 2
    assert "already resolved no (R001)" in same.stderr
    second = document(twixt(*changed(RESOLVE, "no", "annulled"), "--json"))
    assert (first["entry"], first["version"], second["entry"], second["version"]) == ("R001", 1, "R001", 2)


def test_rows_written_while_the_clock_is_behind_are_still_seen(twixt) -> None:
    ahead = NOW + timedelta(days=3)
    assert twixt("confirm", "--through", "2026-07-04", now=ahead).exit_code == 0
    behind = twixt("confirm", "--through", "2026-07-02", now=NOW)
    assert behind.exit_code == 2
    assert "already confirmed through 2026-07-04" in behind.stderr


def test_the_record_goes_out_and_in_again_byte_for_byte(twixt, home: Place, tmp_path) -> None:
    twixt(*add(by="Zuleika"))
    out, back = tmp_path / "out.jsonl", tmp_path / "back.jsonl"
    assert document(twixt("export", "ledger", str(out), "--json"))["lines"] == len(out.read_text().splitlines())
    other = Place(tmp_path / "other")
    found = document(run_at(other, "import", "ledger", str(out), "--json"))
    assert found == {"board": BOARD, "entries": 91, "snapshots": 0, "runs": 0}
    run_at(other, "export", "ledger", str(back))
    assert back.read_bytes() == out.read_bytes()
    assert "Zuleika" not in out.read_text()
    twixt("export", "ledger", str(out), "--with-people")
    assert "Zuleika" in out.read_text()
    without = "".join(line for line in out.read_text().splitlines(keepends=True) if '"Zuleika"' not in line)
    assert (
        twixt("export", "ledger", "-").stdout.splitlines()[:-1] == without.splitlines()[:-1]
    )  # the last line is a hash


def test_an_import_reads_standard_input_and_refuses_what_is_there(twixt, tmp_path) -> None:
    text = twixt("export", "ledger", "-").stdout
    other = Place(tmp_path / "other")
    assert run_at(other, "import", "ledger", "-", input=text).exit_code == 0
    before = other.contents()
    again = run_at(other, "import", "ledger", "-", input=text)
    assert again.exit_code == 2
    assert "has a record of the board already" in again.stderr
    wrong = run_at(other, "import", "ledger", "-", "--board", "harvest", input=text)
    assert wrong.exit_code == 2
    assert other.contents() == before


@pytest.mark.parametrize("spoil", [lambda t: t[: len(t) // 2], lambda t: t.replace("Hegseth", "Hagseth", 1)])
def test_an_import_of_a_changed_file_enters_nothing(twixt, tmp_path, spoil) -> None:
    text = twixt("export", "ledger", "-").stdout
    other = Place(tmp_path / "other")
    result = run_at(other, "import", "ledger", "-", input=spoil(text))
    assert result.exit_code == 2
    assert "line" in result.stderr
    assert other.contents()[0] == ()


def test_a_second_board_must_be_named(twixt, home: Place) -> None:
    made = twixt("board", "new", "harvest", "--json")
    assert document(made)["found_by_init"] is True
    assert twixt("check", "--board", "harvest").exit_code == 0
    assert {b["board"] for b in document(twixt("init", "--json"))["boards"]} == {"harvest", BOARD}
    unnamed = twixt("evidence", "list")
    assert unnamed.exit_code == 2
    assert f"--board: which one? harvest, {BOARD}" in unnamed.stderr
    assert document(twixt("evidence", "list", "--board", "harvest", "--json"))["board"] == "harvest"


def test_a_changed_definition_is_the_next_version_and_a_mistake_enters_nothing(twixt, home: Place) -> None:
    twixt("board", "new", "harvest")
    twixt("init", "--board", "harvest")
    path = home.root / "boards" / "harvest" / "board.toml"
    text = path.read_text()
    path.write_text(text.replace("title = ", "titel = ", 1))
    before = home.contents()
    wrong = twixt("init", "--board", "harvest")
    assert wrong.exit_code == 2
    assert "titel" in wrong.stderr
    assert "did you mean 'title'?" in wrong.stderr
    assert home.contents() == before
    path.write_text(text + "\n")
    later = NOW + timedelta(hours=1)
    assert document(twixt("init", "--board", "harvest", "--json", now=later))["boards"][0]["new_definition"] is False
    opens = re.search(r"(?m)^opens = (.*)$", text)[1]
    next_day = date.fromisoformat(opens) + timedelta(days=1)
    path.write_text(text.replace(f"opens = {opens}", f"opens = {next_day}", 1))
    moved = twixt("init", "--board", "harvest", now=later)
    assert moved.exit_code == 2
    assert f"opens {next_day} instead of {opens}" in moved.stderr
    assert home.contents() == before
    path.write_text(text.replace('title = "', 'title = "Again: ', 1))
    changes = document(twixt("check", "--board", "harvest", "--against-ledger", "--json", now=later))["changes"]
    assert [c["message"] for c in changes] == ["title changed"]
    found = document(twixt("init", "--board", "harvest", "--reason", "Clearer", "--json", now=later))["boards"][0]
    assert (found["version"], found["new_definition"]) == (2, True)
    assert newest(home, "harvest").record.reason == "Clearer"


def test_a_day_begins_and_ends_in_utc(twixt) -> None:
    just_before = datetime(2026, 7, 2, 23, 59, 59, tzinfo=UTC)
    assert twixt("confirm", "--through", "2026-07-03", now=just_before).exit_code == 2
    assert twixt("confirm", "--through", "2026-07-03", now=just_before + timedelta(seconds=1)).exit_code == 0


@pytest.mark.postgres
def test_the_same_commands_work_on_postgresql(postgres_url: str, tmp_path) -> None:
    home = Place(tmp_path / "home", postgres_url)
    assert document(run_at(home, "init", "--json"))["boards"][0]["records"] == 89
    assert document(run_at(home, *add(by="Ann"), "--json"))["entry"] == "E113"
    assert len(document(run_at(home, "evidence", "list", "--json"))["evidence"]) == 88
    refused = run_at(home, *add(lr="0"))
    assert refused.exit_code == 2
    assert not (home.root / "twixt.sqlite").exists()
    assert [p.name for p in everyone(home)] == ["Ann"]
