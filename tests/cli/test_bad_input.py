"""Bad input to every command: one line that names field, value and what is allowed; exit code 2; nothing written."""

from datetime import UTC, datetime

import pytest

from tests.cli.conftest import BOARD, Place, complaint

EVIDENCE = {
    "--question": "ceasefire",
    "--deadline": "2027-12-31",
    "--lr": "1.5",
    "--occurred-on": "2026-06-20",
    "--published-on": "2026-06-21",
    "--statement": "Both delegations met again.",
    "--source": "https://example.org/report",
    "--grade": "B2",
    "--thread": "talks_june",
    "--kind": "fact",
}
MEGABYTE = "x" * 1_000_000


def add(**changes: str | None) -> list[str]:
    """Return the arguments of a good `evidence add`, changed; None leaves an option out."""
    options = {**EVIDENCE, **{f"--{name.replace('_', '-')}": value for name, value in changes.items()}}
    return [
        "evidence",
        "add",
        *(part for name, value in options.items() if value is not None for part in (name, value)),
    ]


OCCURRED = ["occurred", "ceasefire", "--on", "2026-07-01", "--source", "Both governments"]
RESOLVE = ["resolve", "settlement", "2025-12-31", "no", "--on", "2026-01-01", "--source", "None was signed"]


def changed(arguments: list[str], old: str, new: str) -> list[str]:
    assert old in arguments
    return [new if a == old else a for a in arguments]


EVIDENCE_TABLE = [
    (add(question="ceasefir"), "--question: 'ceasefir' is no question", "did you mean ceasefire?"),
    (add(question="a b"), "--question: 'a b'", "letters, digits"),
    (add(question=None), "--question", "is empty"),
    (add(deadline="2025-12-31"), "--deadline: 2025-12-31 has passed", "allowed for ceasefire: 2026-12-31"),
    (add(deadline="2026-12-30"), "--deadline: 2026-12-30 is not listed", "allowed: 2026-12-31"),
    (add(deadline="31.12.2026"), "--deadline: '31.12.2026'", "YYYY-MM-DD"),
    (add(lr="0"), "--lr: '0'", "above 0"),
    (add(lr="-1"), "--lr: '-1'", "above 0"),
    (add(lr="nan"), "--lr: 'nan'", "above 0"),
    (add(lr="inf"), "--lr: 'inf'", "above 0"),
    (add(lr="20.1"), "--lr: 20.1", "from 1/20 to 20"),
    (add(lr="0.0499"), "--lr: 0.0499", "from 1/20 to 20"),
    (add(lr="much"), "--lr: 'much'", "above 0"),
    (add(lr=None), "--lr: ''", "above 0"),
    (add(lr_low="2", lr_high="3"), "--lr-low: the range 2 to 3 does not contain the ratio 1.5", ""),
    (add(lr_low="1"), "--lr-high: ''", "above 0"),
    (add(lr_low="0", lr_high="3"), "--lr-low: '0'", "above 0"),
    (add(occurred_on="2026-06-22"), "--published-on: 2026-06-21 lies before", "2026-06-22"),
    (add(occurred_on="2026-07-03", published_on="2026-07-03"), "--occurred-on: 2026-07-03 lies in the future", "today"),
    (add(published_on="2026-02-29"), "--published-on: '2026-02-29'", "YYYY-MM-DD"),
    (add(source="javascript:alert(1)"), "--source: 'javascript:alert(1)'", "http:// and https://"),
    (add(source="data:text/html;base64,PGI+"), "--source: 'data:text/html", "http:// and https://"),
    (add(source="ftp://example.org/x"), "--source: 'ftp://", "http:// and https://"),
    (add(source=""), "--source: is empty", ""),
    (add(source=None), "--source: needed", ""),
    ([*add(), "--source", "https://example.org/b"], "--source: 'https://example.org/b': one link", ""),
    ([*add(source="Agency"), "--source", "Another"], "--source: 'Another': one wording", ""),
    (add(statement=MEGABYTE), "--statement: 'xxxx", "at most 1000"),
    (add(statement="bell \x07"), "--statement: 'bell \\x07'", "U+0007"),
    (add(statement="nul \x00"), "--statement: 'nul \\x00'", "U+0000"),
    (add(statement="\u202etxt"), "--statement", "U+202E"),
    (add(statement=""), "--statement: is empty", ""),
    (add(statement=None), "--statement: needed", ""),
    (add(source=MEGABYTE), "--source: 'xxxx", "at most 300"),
    (add(thread=MEGABYTE), "--thread: 'xxxx", "at most 60"),
    (add(thread="a story"), "--thread: 'a story'", "letters, digits"),
    (add(grade="G2"), "--grade: 'G2'", "a letter A to F and a digit 1 to 6"),
    (add(grade=MEGABYTE), "--grade: 'xxxx", "a letter A to F"),
    (add(kind="rumour"), "--kind: 'rumour'", "allowed are fact, intent"),
    (add(half_life="90"), "--half-life: '90'", "a fact has no half-life"),
    (add(kind="intent", half_life="0.5"), "--half-life: 0.5", "1 to 36525 days"),
    (add(kind="intent", half_life="never"), "--half-life: 'never'", "above 0"),
    (add(by="line\nbreak"), "--by", "name"),
    (add(by=""), "--by", "name"),
    (add(by=MEGABYTE), "--by", "at most"),
    ([*add(), "--effect", "ceasefire:2028-12-31:2"], "--effect: 'ceasefire' stands 2 times", ""),
    ([*add(), "--effect", "nonsense"], "--effect: 'nonsense'", "QUESTION:DEADLINE:LR"),
    ([*add(), "--effect", "settlement:2027-12-31:0"], "--effect 1, lr: '0'", "above 0"),
    ([*add(), "--effect", "settlement:2027-12-31:2:3:4"], "--effect 1, low: the range 3 to 4", ""),
    (
        [*add(question="senate_vote"), "--effect", "treaty_transmitted:2027-12-31:2"],
        "--effect: 'senate_vote' requires 'treaty_transmitted'",
        "",
    ),
    ([*add(), "--corrects", "E999"], "--corrects: 'E999' is no entry", ""),
    ([*add(), "--board", "nowhere"], "--board: 'nowhere' is unknown", f"allowed: {BOARD}"),
    (["evidence", "add"], "--statement, --grade, --thread, --kind: needed", ""),
    (["evidence", "list", "--question", "x"], "--question: 'x' is no question", "known: ceasefire"),
    (["evidence", "list", "--as-of", "2026-08-01"], "--as-of: 2026-08-01 lies in the future", "2026-07-02"),
    (["evidence", "list", "--as-of", "now"], "--as-of: 'now'", "YYYY-MM-DD"),
    (["evidence", "retract", "E999", "--reason", "x"], "ENTRY: 'E999' is no entry in force", ""),
    (["evidence", "retract", "E021", "--reason", ""], "--reason: is empty", ""),
    (["evidence", "retract", "E021", "--reason", MEGABYTE], "--reason: 'xxxx", "at most 1000"),
    (["evidence", "retract", "E021"], "Missing option '--reason'", ""),
    (
        ["evidence", "preview", "--question", "ceasefire", "--deadline", "2027-12-31", "--lr", "0"],
        "--lr: '0'",
        "above 0",
    ),
    (["evidence", "preview"], "--question, --deadline and --lr", "are needed"),
]

STATUS_TABLE = [
    (changed(OCCURRED, "ceasefire", "peace"), "QUESTION: 'peace' is no question", "did you mean"),
    (changed(OCCURRED, "ceasefire", MEGABYTE), "QUESTION: 'xxxx", "at most 60"),
    (changed(OCCURRED, "2026-07-01", "2026-07-03"), "--on: 2026-07-03 lies in the future", "2026-07-02 UTC"),
    (changed(OCCURRED, "2026-07-01", "2025-02-14"), "--on: 2025-02-14 is too early", "2025-02-15 or later"),
    (changed(OCCURRED, "2026-07-01", "yesterday"), "--on: 'yesterday'", "YYYY-MM-DD"),
    (changed(OCCURRED, "ceasefire", "eu_joint_borrowing"), "already recorded as occurred on 2025-05-27 (O001)", ""),
    (changed(OCCURRED, "ceasefire", "senate_vote"), "senate_vote requires treaty_transmitted", ""),
    (changed(OCCURRED, "Both governments", "javascript:x"), "--source: 'javascript:x'", "http:// and https://"),
    ([*OCCURRED, "--published-on", "2026-06-30"], "--published-on: 2026-06-30 is too early", "2026-07-01 or later"),
    ([*OCCURRED, "--note", "\x1b[2J"], "--note: '\\x1b[2J'", "U+001B"),
    (["occurred", "ceasefire", "--source", "x"], "Missing option '--on'", ""),
    (["occurred"], "Missing", ""),
    (["confirm", "--through", "2026-07-03"], "--through: 2026-07-03 lies in the future", "2026-07-02 UTC"),
    (["confirm", "--through", "2026-07-01"], "--through: 2026-07-01: the board is already confirmed", ""),
    (["confirm", "--through", "soon"], "--through: 'soon'", "YYYY-MM-DD"),
    (["confirm", "--through", "2026-07-02", "--question", "x"], "--question: 'x' is no question", "known: ceasefire"),
    (["confirm", "--through", "2026-07-02", "--note", MEGABYTE], "--note: 'xxxx", "at most 1000"),
    (["confirm"], "Missing option '--through'", ""),
    (changed(RESOLVE, "settlement", "peace"), "QUESTION: 'peace' is no question", "did you mean"),
    (changed(RESOLVE, "2025-12-31", "2025-12-30"), "DEADLINE: 2025-12-30", "has the deadlines 2025-12-31, 2026-12-31"),
    (changed(RESOLVE, "no", "maybe"), "OUTCOME: 'maybe'", "allowed are yes, no, ambiguous, annulled"),
    (changed(RESOLVE, "no", "yes"), "OUTCOME: 'yes': no occurrence of settlement by 2025-12-31", ""),
    (changed(RESOLVE, "2026-01-01", "2026-07-03"), "--on: 2026-07-03 lies in the future", ""),
    (changed(RESOLVE, "2026-01-01", "2024-01-01"), "--on: 2024-01-01 is too early", "2025-02-15"),
    (
        changed(RESOLVE, "2025-12-31", "2026-12-31"),
        "'no' can be settled only once the deadline 2026-12-31 has passed",
        "",
    ),
    (
        changed(changed(RESOLVE, "settlement", "eu_joint_borrowing"), "no", "no"),
        "OUTCOME: 'no': eu_joint_borrowing",
        "",
    ),
    (
        ["resolve", "eu_joint_borrowing", "2025-12-31", "yes", "--on", "2025-05-26", "--source", "x"],
        "--on: 2025-05-26: lies before the occurrence on 2025-05-27",
        "",
    ),
    (["resolve", "settlement", "2025-12-31"], "Missing argument 'OUTCOME'", ""),
]

OTHER_TABLE = [
    (["nonsense"], "No such command 'nonsense'", ""),
    (["statuss"], "No such command", ""),
    (["evidence", "nonsense"], "No such command 'nonsense'", ""),
    (["confirm", "--throug", "x"], "No such option", "--through"),
    (["confirm", "--through"], "requires an argument", ""),
    (["status", "--board", "nowhere"], "--board: 'nowhere' is unknown", f"allowed: {BOARD}"),
    (["status", "--board", MEGABYTE], "--board: 'xxxx", f"allowed: {BOARD}"),
    (["status", "--as-of", "2026-07-03"], "--as-of: 2026-07-03 lies in the future", ""),
    (["status", "extra"], "unexpected extra argument", ""),
    (["explain", "peace"], "QUESTION: 'peace' is no question", "did you mean"),
    (["explain", "ceasefire", "--deadline", "2026-12-30"], "--deadline: 2026-12-30", "2026-12-31"),
    (["explain", "ceasefire", "--from", "2026-07-02", "--to", "2026-07-01"], "--to: 2026-07-01", "--from"),
    (["explain", "ceasefire", "--to", "2026-08-01"], "--to: 2026-08-01 lies in the future", ""),
    (["explain", "resumptio", "--edge", "us_guarantee"], "QUESTION: 'resumptio' is no question", "did you mean"),
    (["explain", "resumption", "--edge", "us_guarante"], "--edge: 'us_guarante' has no hazard ratio", "did you mean"),
    (["explain", "resumption", "--edge", "ceasefire"], "--edge: 'ceasefire' has no hazard ratio", "us_guarantee"),
    (["explain", "resumption", "--edge", "x", "--from", "2026-07-01"], "--from: says nothing with --edge", ""),
    (["explain", "resumption", "--edge", "x", "--post-mortem"], "--post-mortem: says nothing with --edge", ""),
    (["refit", "--as-of", "2025-02-14", "--retrospective"], "2025-02-14", "2025-02-15"),
    (["refit", "--as-of", "2026-07-03"], "--as-of: 2026-07-03 lies in the future", ""),
    (["refit", "--as-of", "2026-07-01", "--due"], "--due", ""),
    (["refit", "--futures", "0"], "--futures: '0'", "a whole number"),
    (["refit", "--futures", "-5"], "--futures: '-5'", "a whole number"),
    (["refit", "--futures", "1e6"], "--futures: '1e6'", "a whole number"),
    (["refit", "--futures", "99999999999"], "--futures", "10000000"),
    (["refit", "--futures", "3"], "--futures 3", "at least"),
    (["refit", "--seed", "x"], "--seed: 'x'", "a whole number"),
    (["refit", "--seed", "-1"], "--seed: '-1'", "a whole number"),
    (["refit", "--board", "nowhere"], "--board: 'nowhere' is unknown", f"allowed: {BOARD}"),
    (["backfill", "--from", "2025-02-14", "--every", "7d"], "--from: 2025-02-14", "2025-02-15"),
    (["backfill", "--from", "soon", "--every", "7d"], "--from: 'soon'", "YYYY-MM-DD"),
    (
        ["backfill", "--from", "2026-07-03", "--every", "7d"],
        "--from: 2026-07-03: a day from 2025-02-15 to 2026-07-01",
        "",
    ),
    (["backfill", "--from", "2025-02-15", "--every", "0d"], "--every: '0d'", "7d"),
    (["backfill", "--from", "2025-02-15", "--every", "week"], "--every: 'week'", "7d"),
    (["backfill", "--from", "2025-02-15", "--every", "7d", "--workers", "0"], "--workers: '0'", "a whole number"),
    (["check", "/nowhere"], "PATH: '/nowhere' is no directory", ""),
    (["check", "--board", "nowhere"], "--board: 'nowhere' is unknown", ""),
    (["init", "--board", "nowhere"], "--board: 'nowhere' is unknown", ""),
    (["app", "--port", "http"], "--port: 'http'", "1 to 65535"),
    (["app", "--port", "0"], "--port: '0'", "1 to 65535"),
    (["app", "--port", "70000"], "--port: '70000'", "1 to 65535"),
    (["export", "ledger", "/nowhere/x.jsonl"], "FILE: '/nowhere/x.jsonl' cannot be written", ""),
    (["export", "ledger", "-", "--json"], "--json", "FILE"),
    (["import", "ledger", "/nowhere.jsonl"], "/nowhere.jsonl", "No such file"),
    (["import", "ledger", __file__], "FILE: line 1", "does not begin a record"),
    (["export"], "Usage: twixt export", ""),
]


@pytest.mark.parametrize(("arguments", "named", "allowed"), [*EVIDENCE_TABLE, *STATUS_TABLE, *OTHER_TABLE])
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(
    twixt, home: Place, arguments: list[str], named: str, allowed: str
) -> None:
    before = home.contents()
    result = twixt(*arguments)
    assert result.exit_code == 2, result.output
    if arguments == ["export"]:
        assert named in result.stderr
    else:
        line = complaint(result)
        assert named in line
        assert allowed in line
        assert len(line) <= 800
    assert result.stdout == ""
    assert home.contents() == before


@pytest.mark.parametrize(
    "arguments", [add(lr="0"), changed(OCCURRED, "ceasefire", "peace"), ["status", "--as-of", "x"]]
)
def test_with_json_a_refusal_prints_no_document(twixt, arguments: list[str]) -> None:
    result = twixt(*arguments, "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    complaint(result)


def test_all_mistakes_of_an_item_are_named_in_the_one_line(twixt) -> None:
    line = complaint(twixt(*add(lr="0", grade="x", kind="x", thread="", published_on="x")))
    for option in ("--lr", "--grade", "--kind", "--thread", "--published-on"):
        assert f"{option}: " in line


@pytest.mark.parametrize(
    "command", [["evidence", "list"], ["status"], ["confirm", "--through", "2026-07-01"], add(), OCCURRED]
)
def test_without_a_record_every_command_says_how_to_begin(tmp_path, command: list[str]) -> None:
    from tests.cli.conftest import run_at

    empty = Place(tmp_path / "empty")
    result = run_at(empty, *command)
    assert result.exit_code == 2
    assert "twixt init" in complaint(result)
    assert not empty.root.exists()


def test_the_clock_decides_what_is_past(twixt) -> None:
    late = datetime(2028, 1, 1, tzinfo=UTC)
    assert "--deadline: 2027-12-31 has passed" in complaint(twixt(*add(), now=late))
    assert twixt(*add(), now=datetime(2027, 12, 31, 23, 59, tzinfo=UTC)).exit_code == 0


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TWIXT_DB", "mysql://user:secret@host/x", "TWIXT_DB: 'mysql://...'"),
        ("TWIXT_DB", "mysql://host/x?password=a@secret", "TWIXT_DB: 'mysql://...'"),
        ("TWIXT_DB", "postgresql://nobody:secret@127.0.0.1:1/x?password=secret", "cannot be reached"),
        ("TWIXT_DB", "sqlite://", "memory"),
        ("TWIXT_HOME", __file__, "TWIXT_HOME"),
        ("TWIXT_DB", "postgresql://nobody@127.0.0.1:1/x", "cannot be reached"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(shell, variable: str, value: str, said: str) -> None:
    run = shell("evidence", "list", **{variable: value})
    assert run.returncode == 2
    line = complaint(run)
    assert said in line
    assert "secret" not in line
