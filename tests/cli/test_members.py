"""Statements and compositions: what they enter, what is refused in one line, and that nothing is half-loaded."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from forecasts import ledger
from forecasts.domain import Composition, Statement
from forecasts.settings import Home
from forecasts.store import open_store
from tests.cli.conftest import BOARD, ROOT, Place, complaint

SENATORS = ROOT / "data" / "reference" / "senators.csv"
SINCE = "2027-01-03"
SAID = ["--on", "2026-06-20", "--source", "https://example.org/interview"]
SITS = ["--since", SINCE, "--source", "https://example.org/members"]
MEGABYTE = "x" * 1_000_000


def add(senator: str = "Murkowski", stance: str = "for_lean", *more: str) -> list[str]:
    return ["statement", "add", senator, stance, *(more or SAID)]


def records(home: Place, kind: type) -> list:
    with open_store(Home.from_environment(home.environment).database, migrate=False) as store:
        return [e.record for e in ledger.history(store, BOARD) if isinstance(e.record, kind)]


def rows() -> list[dict[str, str]]:
    """Return the shipped senators as they could sit from 2027 on: every term that ends before then renewed."""
    with SENATORS.open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    for row in found:
        if row["term_end"] <= SINCE:
            row["term_end"] = "2033-01-03"
    return found


def table(path: Path, changed: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(changed[0]))
        writer.writeheader()
        writer.writerows(changed)
    return path


STATEMENTS = [
    (add("Nobody"), "SENATOR: 'Nobody' is no member of the United States Senate", ""),
    (add("Murkowsky"), "SENATOR: 'Murkowsky' is no member", "did you mean Lisa Murkowski (AK)?"),
    (add("Scott"), "SENATOR: 'Scott' could be Rick Scott (FL), Tim Scott (SC)", "say which"),
    (add(""), "SENATOR: is empty", ""),
    (add(MEGABYTE), "SENATOR: 'xxxx", "at most 120"),
    (add("Murkowski", "maybe"), "STANCE: 'maybe' is not on the scale: for_firm (firmly for)", "against_firm"),
    (add("Murkowski", "0.8"), "STANCE: '0.8' is not on the scale", ""),
    (add("Murkowski", MEGABYTE), "STANCE: 'xxxx", "is not on the scale"),
    (
        add("Murkowski", "for_lean", "--on", "2026-07-03", "--source", "x"),
        "--on: 2026-07-03 lies in the future",
        "2026",
    ),
    (add("Murkowski", "for_lean", "--on", "soon", "--source", "x"), "--on: 'soon'", "YYYY-MM-DD"),
    (add("Murkowski", "for_lean", "--source", "x"), "Missing option '--on'", ""),
    (add("Murkowski", "for_lean", "--on", "2026-06-20"), "Missing option '--source'", ""),
    (add("Murkowski", "for_lean", *SAID[:2], "--source", "javascript:x"), "--source: 'javascript:x'", "http:// and"),
    (add("Murkowski", "for_lean", *SAID, "--published-on", "2026-06-19"), "--published-on: 2026-06-19 lies before", ""),
    (add("Murkowski", "for_lean", *SAID, "--note", "\x1b[2J"), "--note: '\\x1b[2J'", "U+001B"),
    (
        add("Murkowski", "for_lean", *SAID, "--question", "ceasefire"),
        "--question: 'ceasefire' is no vote",
        "senate_consent",
    ),
    (["statement", "list", "--question", "x"], "--question: 'x' is no vote with members", "senate_consent"),
    (["statement", "list", "--as-of", "2026-08-01"], "--as-of: 2026-08-01 lies in the future", ""),
]


@pytest.mark.parametrize(("arguments", "named", "allowed"), STATEMENTS)
def test_a_statement_that_cannot_be_entered_is_refused_in_one_line(
    twixt, home: Place, arguments: list[str], named: str, allowed: str
) -> None:
    before = home.contents()
    result = twixt(*arguments)
    assert result.exit_code == 2
    line = complaint(result)
    assert named in line
    assert allowed in line
    assert len(line) <= 800
    assert home.contents() == before


def test_a_statement_enters_with_all_that_was_said(twixt, home: Place) -> None:
    done = twixt(*add("'Scott (SC)'".strip("'"), "against-firm", *SAID, "--note", "On the floor", "--json"))
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["record"]["stance"] == "against_firm"
    [record] = records(home, Statement)
    assert (record.id, record.member, record.made_on) == ("S001", "S001184", date(2026, 6, 20))
    assert (record.published_on, record.url) == (record.made_on, "https://example.org/interview")
    assert (record.source, record.note, record.question) == ("example.org", "On the floor", "senate_consent")


def test_the_same_statement_twice_is_refused_and_a_newer_one_supersedes(twixt) -> None:
    assert twixt(*add()).exit_code == 0
    assert "leaning for on 2026-06-20 is in the record already (S001)" in complaint(twixt(*add()))
    assert twixt(*add("Murkowski", "undecided", "--on", "2026-06-21", "--source", "Radio")).exit_code == 0
    listed = json.loads(twixt("statement", "list", "--json").stdout)["statements"]
    assert [(s["id"], s["name"], s["counts"]) for s in listed] == [
        ("S001", "Lisa Murkowski", False),
        ("S002", "Lisa Murkowski", True),
    ]
    assert "no, superseded" in twixt("statement", "list").stdout


def test_a_statement_is_taken_back_like_any_entry(twixt) -> None:
    twixt(*add())
    assert twixt("evidence", "retract", "S001", "--reason", "misheard").exit_code == 0
    assert twixt("statement", "list").stdout == "no statements\n"


def test_whose_term_has_ended_no_longer_speaks_until_the_new_body_is_entered(twixt, tmp_path) -> None:
    later = datetime(2027, 2, 1, tzinfo=UTC)
    line = complaint(twixt(*add("Collins"), now=later))
    assert "the term of Susan M. Collins (ME) ended on 2027-01-03; enter the new composition first" in line
    file = table(tmp_path / "senate.csv", [r for r in rows() if "Tillis" not in r["senator"]] + [newcomer()])
    assert twixt("observe", "composition", str(file), *SITS, now=later).exit_code == 0
    assert twixt(*add("Collins"), now=later).exit_code == 0
    assert twixt(*add("Newman"), now=later).exit_code == 0
    assert "Thom Tillis (NC) no longer sits" in complaint(twixt(*add("Tillis"), now=later))


def newcomer() -> dict[str, str]:
    """Return a senator for the seat of Thom Tillis who has no votes yet."""
    row = next(dict(r) for r in rows() if "Tillis" in r["senator"])
    return row | {"senator": "Nora Newman", "bioguide_id": "N000001", "nominate_dim1": "", "running_note": ""}


def test_a_composition_enters_whole(twixt, home: Place, tmp_path) -> None:
    file = table(tmp_path / "senate.csv", rows())
    done = twixt("observe", "composition", str(file), *SITS)
    assert done.exit_code == 0, done.output
    assert "100 seats of the United States Senate from 2027-01-03 on" in done.stdout
    [record] = records(home, Composition)
    assert (record.id, record.since, len(record.seats)) == ("M001", date(2027, 1, 3), 100)
    assert record.published_on == date(2026, 7, 2)
    again = twixt("observe", "composition", str(file), *SITS)
    assert "the same seats from 2027-01-03 on are in the record already" in complaint(again)


def changed(name: str, value: str, *, member: str = "M001153"):
    return lambda found: [r | {name: value} if r["bioguide_id"] == member else r for r in found]


COMPOSITIONS = [
    (changed("nominate_dim1", "nan"), "line 3, seat M001153, ideal_point: 'nan': a number from -1 to 1"),
    (changed("nominate_dim1", "20.3"), "line 3, seat M001153, ideal_point: '20.3': a number from -1 to 1"),
    (changed("senator", ""), "line 3, seat M001153, name: is missing"),
    (changed("party", "Republican"), "seat M001153: party 'Republican' is unknown; allowed: D, I, R"),
    (changed("caucus", "X"), "seat M001153: caucus 'X' is unknown; allowed: D, R"),
    (changed("state", "AL"), "state 'AK' has 1 seats; 2 are needed"),
    (changed("term_end", "03.01.2029"), "line 3, seat M001153, term_end: '03.01.2029': a day as YYYY-MM-DD"),
    (changed("term_end", "2027-01-03"), "seat M001153: the term ends on 2027-01-03; it has to end after 2027-01-03"),
    (changed("bioguide_id", "S001198"), "line 3, seat S001198, member: 'S001198' holds a seat already"),
    (changed("bioguide_id", "a b"), "line 3, seat a b, member: 'a b': an id of 1 to 100 letters"),
    (lambda found: found[:99], "99 seats; the body has 100"),
    (lambda found: [*found, newcomer()], "101 seats; the body has 100"),
    (lambda found: [{k: v for k, v in r.items() if k != "party"} for r in found], "line 1: column 'party' is missing"),
    (lambda found: [r | {"pary": "R"} for r in found], "line 1: unknown column 'pary' (did you mean 'party'?)"),
]


@pytest.mark.parametrize(("spoil", "said"), COMPOSITIONS)
def test_a_table_with_a_mistake_is_refused_with_the_row_and_nothing_is_loaded(
    twixt, home: Place, tmp_path, spoil, said: str
) -> None:
    file = table(tmp_path / "senate.csv", spoil(rows()))
    before = home.contents()
    result = twixt("observe", "composition", str(file), *SITS)
    assert result.exit_code == 2
    assert said in complaint(result)
    assert home.contents() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--since", "2026-06-14", "--source", "x"],
            "--since: 2026-06-14: the definition's table speaks of 2026-06-15",
        ),
        (["--since", "2028-01-03", "--source", "x"], "--since: 2028-01-03: at most a year after today"),
        (["--since", "soon", "--source", "x"], "--since: 'soon': a day as YYYY-MM-DD"),
        ([*SITS, "--published-on", "2026-07-03"], "--published-on: 2026-07-03 lies in the future"),
        (["--since", SINCE], "Missing option '--source'"),
    ],
)
def test_days_that_cannot_be_are_refused(twixt, home: Place, tmp_path, options: list[str], said: str) -> None:
    file = table(tmp_path / "senate.csv", rows())
    before = home.contents()
    assert said in complaint(twixt("observe", "composition", str(file), *options))
    assert home.contents() == before


@pytest.mark.parametrize(
    ("name", "content"), [("absent.csv", None), ("empty.csv", b""), ("binary.csv", b"\xff\xfe\x00")]
)
def test_a_file_that_is_none_is_refused(twixt, tmp_path, name: str, content: bytes | None) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert twixt("observe", "composition", str(path), *SITS).exit_code == 2
