"""`twixt observe spending`: an edition enters the record whole, or not at all."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecasts import ledger
from forecasts.domain import Edition
from forecasts.settings import Home
from forecasts.store import open_store
from tests.cli.conftest import BOARD, complaint
from tests.forecasts.panel_draws import shipped_series

LATER = datetime(2026, 9, 1, 12, tzinfo=UTC)
PUBLISHED = ("--published-on", "2026-08-28")


def lines(*, year: int = 2026, factor: float = 1.08) -> list[str]:
    """Return a made-up edition: every member's newest share, grown."""
    panel = shipped_series().panel
    known = {(s.country, s.year): s.percent for e in panel.editions for s in e.shares}
    now = {m.name: known.get((m.name, 2025), 2.4 / factor) * factor for m in panel.members}
    rows = [f"{name},{year},{share:.2f},1" for name, share in now.items()]
    return ["country,year,pct_gdp,estimate", *rows, f"{panel.aggregate},{year},2.52,1"]


def write(path: Path, rows: list[str]) -> str:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def editions(home) -> list[Edition]:
    with open_store(Home.from_environment(home.environment).database, migrate=False) as store:
        return [e.record for e in ledger.history(store, BOARD) if isinstance(e.record, Edition)]


def test_an_edition_is_entered_and_what_it_changes_is_said(twixt, home, tmp_path) -> None:
    rows = [*lines(), "Poland,2025,4.40,0"]
    rows += [f"{name},2025,{share},0" for name, share in newest(2025).items() if name != "Poland"]
    file = write(tmp_path / "nato.csv", rows)
    source = ("--title", "Table of 2026", "--source", "https://example.org/table")
    result = twixt("observe", "spending", file, *PUBLISHED, *source, now=LATER)
    assert result.exit_code == 0, result.output
    assert "new years: 2026" in result.output
    assert "1 revised" in result.output
    assert "Poland" in result.output
    assert all(text in result.output for text in ("4.3", "4.4", "+2.3 %"))
    assert "N001" in result.output
    (record,) = editions(home)
    assert (record.series, record.title, record.url) == ("nato_europe_canada", "Table of 2026", source[3])
    assert record.source == "example.org"
    assert len(record.shares) == 31 * 2 + 1


def newest(year: int) -> dict[str, float]:
    panel = shipped_series().panel
    names = {m.name for m in panel.members}
    return {s.country: s.percent for e in panel.editions for s in e.shares if s.year == year and s.country in names}


def test_json_says_the_same(twixt, tmp_path) -> None:
    result = twixt("observe", "spending", write(tmp_path / "n.csv", lines()), *PUBLISHED, "--json", now=LATER)
    found = json.loads(result.stdout)
    assert found["new_years"] == found["estimates"] == [2026]
    assert found["values"] == 32
    assert found["revisions"] == []
    assert found["entry"]["record"]["type"] == "edition"


def test_a_dry_run_enters_nothing(twixt, home, tmp_path) -> None:
    before = home.contents()
    result = twixt("observe", "spending", write(tmp_path / "n.csv", lines()), *PUBLISHED, "--dry-run", now=LATER)
    assert result.exit_code == 0
    assert "nothing was entered" in result.output
    assert home.contents() == before


def test_the_shipped_table_itself_is_known_already(twixt, home) -> None:
    table = Path(__file__).resolve().parents[2] / "data" / "reference" / "nato_spending.csv"
    before = home.contents()
    result = twixt("observe", "spending", str(table), "--published-on", "2025-08-28", now=LATER)
    assert result.exit_code == 2
    assert "rows of one edition are needed" in complaint(result)
    assert home.contents() == before


def test_an_edition_enters_once(twixt, tmp_path) -> None:
    file = write(tmp_path / "n.csv", lines())
    assert twixt("observe", "spending", file, *PUBLISHED, now=LATER).exit_code == 0
    again = twixt("observe", "spending", file, *PUBLISHED, now=LATER)
    assert again.exit_code == 2
    assert "an edition of 2026-08-28 is known already" in complaint(again)
    assert twixt("evidence", "retract", "N001", "--reason", "wrong file", now=LATER).exit_code == 0
    assert twixt("observe", "spending", file, *PUBLISHED, now=LATER).exit_code == 0, "a retracted one makes room"


def spoiled(old: str, new: str) -> list[str]:
    found = lines()
    at = next(i for i, line in enumerate(found) if line.startswith(old))
    return [*found[:at], *([new] if new else []), *found[at + 1 :]]


BAD = [
    (
        spoiled("Belgium,", "Belgium,2026,0.0216,1"),
        (),
        "line 3, Belgium, 2026: pct_gdp '0.0216': looks like a fraction",
    ),
    (spoiled("Belgium,", ""), (), "FILE: n.csv: 2026: no row for Belgium; every year needs all 31 members"),
    (spoiled("Belgium,", "Belgum,2026,2.2,1"), (), "'Belgum' is no member of the panel (did you mean 'Belgium'?)"),
    (spoiled("Belgium,", "Belgium,2026,nan,1"), (), "line 3, Belgium, 2026: pct_gdp 'nan'"),
    ([*lines(), "Belgium,2026,2.2,1"], (), "Belgium 2026 stands already in line 3"),
    (lines(year=2027), (), "can print no year after 2026"),
    (
        lines(),
        ("--published-on", "2026-03-31"),
        "--published-on: 2026-03-31: an edition of 2026-03-31",
    ),
    (lines(), ("--published-on", "2026-09-02"), "--published-on: 2026-09-02 lies in the future"),
    (lines(), ("--published-on", "soon"), "--published-on: 'soon': a day as YYYY-MM-DD is needed"),
    (lines(), ("--series", "bread"), "--series: 'bread' has no fitted panel; series that have: nato_europe_canada"),
    (lines(), ("--source", "ftp://example.org/x"), "--source"),
]


@pytest.mark.parametrize("bad", BAD, ids=[b[2][:40] for b in BAD])
def test_bad_input_is_refused_and_nothing_is_half_loaded(twixt, home, tmp_path, bad) -> None:
    rows, options, message = bad
    before = home.contents()
    file = write(tmp_path / "n.csv", rows)
    given = options if "--published-on" in options else (*PUBLISHED, *options)
    result = twixt("observe", "spending", file, *given, now=LATER)
    assert result.exit_code == 2, result.output
    assert message in complaint(result)
    assert home.contents() == before


def test_a_file_that_is_not_there(twixt) -> None:
    result = twixt("observe", "spending", "nowhere.csv", *PUBLISHED, now=LATER)
    assert result.exit_code == 2
    assert "nowhere.csv" in complaint(result)


def test_columns_may_stand_in_any_order_beside_others(twixt, home, tmp_path) -> None:
    rows = list(csv.reader(lines()))
    turned = [",".join([r[3], r[1], "x", r[0], r[2]]) for r in rows]
    turned[0] = turned[0].replace(",x,", ",remark,")
    result = twixt("observe", "spending", write(tmp_path / "n.csv", turned), *PUBLISHED, now=LATER)
    assert result.exit_code == 0, result.output
    assert len(editions(home)) == 1
