"""Tables of roll calls and of senators' votes: what is read, and every mistake with its row."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecasts import senate_facts, senate_tables
from forecasts.definition import RollCall as BoardCall
from forecasts.definition import Split
from forecasts.senate_tables import en_bloc
from forecasts.senate_types import NOT_STATED, treaty_type
from tests.forecasts.senate_rolls import SENATORS, VOTES, record, senators, vote, write


def mistakes(folder: Path, votes: list[str], people: list[str]) -> list[str]:
    calls, problems = senate_tables.read_votes(write(folder / "votes.csv", VOTES, votes))
    if not problems:
        _, problems = senate_tables.read_senators(write(folder / "senators.csv", SENATORS, people), calls)
    return [str(p) for p in problems]


def test_a_table_is_read_in_order_of_its_days(tmp_path: Path) -> None:
    votes, people = record(tmp_path, before=2, after=1)
    calls, problems = senate_tables.read_votes(votes)
    whole, more = senate_tables.read_senators(people, calls)
    assert problems == more == []
    assert [c.id for c in whole] == ["v0", "v1", "v2"]
    first, second, third = whole
    assert (first.yeas, first.nays, first.split) == (8, 6, ((5, 6), (3, 0), (0, 0)))
    assert [c.consented for c in whole] == [False, True, True]
    assert (first.president, third.president) == ("D", "R")
    assert first.type == "tax"
    assert [len(c.ballots) for c in whole] == [14, 14, 14]
    assert second.ballots[13].cast == "absent"


def test_parquet_reads_as_csv_does(tmp_path: Path) -> None:
    votes, people = record(tmp_path, before=3, after=1)
    calls, _ = senate_tables.read_votes(votes)
    columns = {"nominate_dim1": pl.Float64, "icpsr": pl.Int64}
    pl.read_csv(people, schema_overrides=columns).write_parquet(tmp_path / "senators.parquet")
    assert senate_tables.read_senators(tmp_path / "senators.parquet", calls) == senate_tables.read_senators(
        people, calls
    )


GOOD = [vote("a", "1980-01-05", 9, 2)]
PEOPLE = senators("a", 9, 2, 1)


@pytest.mark.parametrize(
    ("votes", "people", "expected"),
    [
        ([*GOOD, vote("a", "1980-01-06", 9, 2)], PEOPLE, "line 3, vote a: vote_id 'a' stands already"),
        ([vote("a", "1980-13-05", 9, 2)], PEOPLE, "line 2, vote a: date '1980-13-05': a day as YYYY-MM-DD"),
        ([vote("a", "1930-01-05", 9, 2)], PEOPLE, "line 2, vote a: date 1930-01-05: presidents are known from 1933"),
        (["a,1980-01-05,Tax,nan,2,6,2,3,0,0,0"], PEOPLE, "line 2, vote a: yeas 'nan': a whole number"),
        (["a,1980-01-05,Tax,9,-2,6,2,3,0,0,0"], PEOPLE, "line 2, vote a: nays '-2': a whole number"),
        (["a,1980-01-05,Tax,9,2,5,2,3,0,0,0"], PEOPLE, "line 2, vote a: yeas by party 5 + 3 + 0 = 8, but 9 in all"),
        (["a,1980-01-05,Tax,90,20,87,20,3,0,0,0"], PEOPLE, "line 2, vote a: 90 yeas and 20 nays: between 1 and 100"),
        (["a,1980-01-05,Tax,9,2"], PEOPLE, "line 2: 5 cells"),
        (GOOD, [*PEOPLE, "b,1,D,yea,0.1"], "line 14: vote_id 'b' is not in the table of votes"),
        (GOOD, [*PEOPLE, "a,1,D,not_voting,0.1"], "line 14, vote a: icpsr '1' stands already"),
        (GOOD, [*PEOPLE, "a,99,G,not_voting,0.1"], "line 14, vote a, senator 99: party 'G'; allowed: R, D, I"),
        (GOOD, [*PEOPLE, "a,99,D,maybe,0.1"], "line 14, vote a, senator 99: vote 'maybe'; allowed: yea"),
        (GOOD, [*PEOPLE, "a,99,D,not_voting,nan"], "nominate_dim1 'nan': a number from -1 to 1"),
        (GOOD, [*PEOPLE, "a,99,D,not_voting,31"], "nominate_dim1 '31': a number from -1 to 1"),
        (GOOD, [*PEOPLE, "a,,D,not_voting,0.1"], "icpsr is empty"),
        (GOOD, [*PEOPLE, "a,99,D,nay,0.1"], "vote a: senators' votes add up to 9 to 3; the table of votes has 9 to 2"),
    ],
)  # fmt: skip
def test_every_mistake_is_named_with_its_row(
    tmp_path: Path, votes: list[str], people: list[str], expected: str
) -> None:
    found = mistakes(tmp_path, votes, people)
    assert any(expected in line for line in found), found
    assert len(found) == 1, found


def test_a_wrong_outcome_column_is_found_out(tmp_path: Path) -> None:
    path = write(tmp_path / "votes.csv", VOTES + ",two_thirds_met", [GOOD[0] + ",false"])
    _, problems = senate_tables.read_votes(path)
    assert [str(p) for p in problems] == ["votes.csv: line 2, vote a: two_thirds_met 'false', but 9 to 2 says true"]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    calls, _ = senate_tables.read_votes(write(tmp_path / "votes.csv", VOTES, GOOD))
    seats = write(tmp_path / "seats.csv", "bioguide_id,party", ["M1,R"])
    _, problems = senate_tables.read_senators(seats, calls)
    assert any("column 'vote_id' is missing" in str(p) for p in problems)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    _, problems = senate_tables.read_senators(tmp_path / "broken.parquet", calls)
    assert "not a readable Parquet file" in str(problems[0])
    _, problems = senate_tables.read_senators(tmp_path / "absent.csv", calls)
    assert "cannot be read" in str(problems[0])


def test_votes_of_one_day_with_one_tally_and_the_same_senators_are_one(tmp_path: Path) -> None:
    rows = [vote("a", "1980-01-05", 9, 2), vote("b", "1980-01-05", 9, 2), vote("c", "1980-01-05", 8, 3),
            vote("d", "1980-01-06", 9, 2), vote("e", "1980-01-06", 9, 2)]  # fmt: skip
    people = [*senators("a", 9, 2), *senators("b", 9, 2), *senators("c", 8, 3), *senators("d", 9, 2)]
    people += senators("e", 9, 2)
    calls, problems = senate_tables.read_votes(write(tmp_path / "votes.csv", VOTES, rows))
    whole, more = senate_tables.read_senators(write(tmp_path / "s.csv", SENATORS, people), calls)
    assert problems == more == []
    assert [(c.id, c.together) for c in en_bloc(whole)] == [("a", 2), ("c", 1), ("d", 2)]
    swapped = {"e,1,D,yea,-0.3": "e,1,D,nay,-0.3", "e,10,R,nay,0.3": "e,10,R,yea,0.3"}
    others = [swapped.get(row, row) for row in people]
    whole, more = senate_tables.read_senators(write(tmp_path / "s.csv", SENATORS, others), calls)
    assert more == []
    assert [(c.id, c.together) for c in en_bloc(whole)] == [("a", 2), ("c", 1), ("d", 1), ("e", 1)]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Treaty on Conventional Armed Forces in Europe", "arms control"),
        ("EXEC. M. APPROVAL OF RESOLUTION OF RATIFICATION.", NOT_STATED),
        ("CONVENTION BETWEEN THE SOVIET UNION RELATING TO TAXATION", "bilateral US-Russia"),
        ("Convention with Finland for the Avoidance of Double Taxation", "tax"),
        ("Protocols to the North Atlantic Treaty of 1949 on accession", "alliance"),
        ("INTERNATIONAL WHEAT AGREEMENT OF 1962", "commodity agreement"),
        ("SUPPLEMENTARY EXTRADITION CONVENTION WITH FRANCE", "legal cooperation"),
        ("NORTHWEST ATLANTIC FISHERIES", "technical"),
    ],
)
def test_a_title_tells_the_type(title: str, expected: str) -> None:
    assert treaty_type(title) == expected


@pytest.mark.parametrize(
    ("day", "president", "seats"),
    [("1952-12-31", "D", 96), ("1953-01-20", "R", 96), ("1959-08-20", "R", 98), ("2009-01-19", "R", 100),
     ("2009-01-20", "D", 100), ("2025-01-20", "R", 100)],
)  # fmt: skip
def test_presidents_and_seats(day: str, president: str, seats: int) -> None:
    assert senate_facts.president(date.fromisoformat(day)) == president
    assert senate_facts.seats(date.fromisoformat(day)) == seats


def test_before_the_first_known_president_nobody_is_named() -> None:
    with pytest.raises(ValueError, match="presidents are known from 1933-03-04"):
        senate_facts.president(date(1933, 3, 3))


def test_a_boards_vote_keeps_its_parties() -> None:
    splits = (Split("Labour", 5, 1), Split("Tory", 2, 4), Split("Green", 1, 0))
    call = BoardCall("X", "alliance", date(1980, 1, 1), 8, 5, "Tory", splits)
    found = senate_tables.from_board(call, ("Labour", "Tory"))
    assert found.split == ((2, 4), (5, 1), (1, 0))
    assert found.president == "R"  # party 1


def test_published_votes_are_read_whole(testdata) -> None:
    """369 roll calls, 36,823 rows; from 1990 on 26 roll calls on 16 days, one failure (the test ban treaty)."""
    calls, problems = senate_tables.read_votes(testdata("senate/treaty_votes_1945_2009.csv"))
    whole, more = senate_tables.read_senators(testdata("senate/treaty_senator_votes_1945_2009.parquet"), calls)
    assert problems == more == []
    assert (len(whole), sum(len(c.ballots) for c in whole)) == (369, 36_823)
    later = [c for c in whole if c.day >= date(1990, 1, 1)]
    assert (len(later), len({c.day for c in later}), len(en_bloc(later))) == (26, 16, 16)
    assert [c.title[:26] for c in later if not c.consented] == ["Comprehensive Nuclear Test"]


def test_where_the_parties_stood_agrees_with_votes_by_name(testdata) -> None:
    calls, _ = senate_tables.read_votes(testdata("senate/treaty_votes_1945_2009.csv"))
    calls, _ = senate_tables.read_senators(testdata("senate/treaty_senator_votes_1945_2009.parquet"), calls)
    for call in calls:
        places = senate_facts.places(call.day)
        for p, party in enumerate(("D", "R")):
            where = [b.ideal_point for b in call.ballots if b.party == party and b.ideal_point is not None]
            assert abs(sum(where) / len(where) - places.centre[p]) < 0.1, (call.day, party)
