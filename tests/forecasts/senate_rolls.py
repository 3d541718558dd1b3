"""Small tables of roll calls and of senators' votes, as people would write them."""

from pathlib import Path

VOTES = "vote_id,date,title,yeas,nays,R_yea,R_nay,D_yea,D_nay,I_yea,I_nay"
SENATORS = "vote_id,icpsr,party,vote,nominate_dim1"


def vote(name: str, day: str, yeas: int, nays: int, *, title: str = "Tax treaty") -> str:
    """Return a row of a vote in which all Democrats said yea and all nays are Republicans'."""
    republicans = max(yeas - 3, 0)
    return f"{name},{day},{title},{yeas},{nays},{republicans},{nays},{yeas - republicans},0,0,0"


def senators(name: str, yeas: int, nays: int, absent: int = 0) -> list[str]:
    """Return the rows of its senators: yeas first, so that senator 1 is a Democrat."""
    casts = ["yea"] * yeas + ["nay"] * nays + ["not_voting"] * absent
    parties = ["D" if n < 3 and n < yeas else "R" for n in range(len(casts))]
    return [
        f"{name},{n + 1},{party},{cast},{-0.3 if party == 'D' else 0.3}"
        for n, (cast, party) in enumerate(zip(casts, parties, strict=True))
    ]


def write(path: Path, header: str, rows: list[str]) -> Path:
    """Write a table."""
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def record(folder: Path, *, before: int = 20, after: int = 1) -> tuple[Path, Path]:
    """Write tables of `before` votes in 1980 (six of them contested) and `after` votes in 1991; return both files."""
    days = [f"1980-01-{n + 1:02d}" for n in range(before)] + [f"1991-02-{n + 1:02d}" for n in range(after)]
    tallies = [(8, 6) if n % 3 == 0 else (12, 0) for n in range(len(days))]
    names = [f"v{n}" for n in range(len(days))]
    votes = [vote(n, d, y, x) for n, d, (y, x) in zip(names, days, tallies, strict=True)]
    people = [row for n, (y, x) in zip(names, tallies, strict=True) for row in senators(n, y, x, 14 - y - x)]
    return write(folder / "votes.csv", VOTES, votes), write(folder / "senators.csv", SENATORS, people)
