"""Killed at random points: no acknowledged row is lost, nothing is torn, the next run completes.

`make test-nightly` kills every command 21 times on each database and writes tests/records/faults.json; the slow
suite kills some at a few points, fast tests read the record.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Place
from tests.faults import homes, record
from tests.faults.homes import NOW, State
from tests.faults.killing import Deed, Ended, Extent, Family, Point, killed_at, points, undisturbed

KILLS = 21
HOME = "home"
"""Every home stands at the same place: what is kept for a folder elsewhere is found again."""
LEAST_IN_A_CELL, LEAST_IN_ALL = 15, 200

ADD = (
    *("evidence", "add", "--effect", "truce:2028-12-31:1.5", "--grade", "B2", "--kind", "fact", "--thread", "talks"),
    *("--published-on", "2026-03-09", "--statement", "Both delegations met again.", "--source", "A newspaper"),
)
DEEDS = {
    deed.name: deed
    for deed in (
        Deed("evidence", ADD, stream=True),
        Deed("refit", ("refit",), together=("--due",)),
        Deed(
            "backfill",
            ("backfill", "--from", "2025-02-01", "--every", "200d", "--workers", "1"),
            together=("--workers", "2"),
        ),
        Deed("publish", ("publish", "{root}/out/site"), before=(("publish", "{root}/out/site"), ("refit",))),
        Deed("backup", ("backup", "{root}/kept/first.zip")),
    )
}


def check_evidence(place: Place, deed: Deed, ended: Ended, reference: State) -> Counter[str]:
    """Hold what was acknowledged against the record, then enter one more."""
    before = len(reference.entries) - 1
    found = homes.state(place).entries
    acknowledged = re.findall(r"^(E[0-9]+)", ended.said, re.MULTILINE)
    new = list(found[before:])
    assert new[: len(acknowledged)] == acknowledged, "an acknowledged item is missing"
    assert len(new) <= len(acknowledged) + 1
    homes.run(place, *deed.given(place))
    after = homes.state(place).entries
    assert after[:-1] == found
    assert after[-1] == f"E{homes.ENTERED + len(new) + 1:03d}", "ids go on without a gap"
    return Counter(acknowledged=len(acknowledged), kept_unacknowledged=len(new) - len(acknowledged))


def check_run(place: Place, deed: Deed, ended: Ended, reference: State) -> Counter[str]:
    """Hold what was published against an undisturbed run, then run it again to its end."""
    found = homes.state(place)
    homes.check_against(found, reference)
    if "published as of" in ended.said:
        assert set(found.snapshots) == set(reference.snapshots), "an acknowledged snapshot is missing"
    homes.run(place, *deed.given(place))
    homes.check_equal(homes.state(place), reference)
    left = check_swept(place)
    return Counter(published_before_the_kill=len(found.snapshots) - 1, left_and_swept=left)


def check_backup(place: Place, deed: Deed, ended: Ended, reference: State) -> Counter[str]:
    """Check that the file is there whole or not at all, and take another backup."""
    homes.check_equal(homes.state(place), reference)
    first, second = (place.root / "kept" / f"{name}.zip" for name in ("first", "second"))
    if first.exists():
        homes.run(place, "verify", str(first))
    assert first.exists() or "artefacts" not in ended.said, "an acknowledged backup is missing"
    left = homes.leftovers(place)
    for path in left:
        os.utime(path, (0, 0))
    homes.run(place, "backup", str(second))
    homes.run(place, "verify", str(second))
    assert homes.leftovers(place) == []
    return Counter(whole_before_the_kill=int(first.exists()), left_and_swept=len(left))


def check_site(place: Place, deed: Deed, ended: Ended, reference: State) -> Counter[str]:
    """Check that the site is the one before or the new one, then write it again."""
    homes.check_equal(homes.state(place), reference)
    (found,) = homes.sites(place)
    assert found in reference.sites, "a mixture of two sites"
    if "files written" in ended.said:
        assert found == reference.sites[-1], "an acknowledged site is missing"
    homes.run(place, *deed.given(place))
    assert homes.sites(place) == (reference.sites[-1],)
    assert {p.name for p in (place.root / "out").iterdir()} == {"site", ".site.twixt-lock"}
    return Counter(new_before_the_kill=int(found == reference.sites[-1]))


def check_swept(place: Place) -> int:
    """Check that the next run that publishes takes away what the killed one had begun; returns how many files."""
    left = homes.leftovers(place)
    if left:
        long_ago = NOW.timestamp() - 7200
        for path in left:
            os.utime(path, (long_ago, long_ago))
        homes.run(place, *ADD)
        homes.run(place, "refit")
        assert homes.leftovers(place) == []
    return len(left)


CHECKS: dict[str, Callable[[Place, Deed, Ended, State], Counter[str]]] = {
    "evidence": check_evidence,
    "refit": check_run,
    "backfill": check_run,
    "publish": check_site,
    "backup": check_backup,
}


def measured(template: Place, deed: Deed, folder: Path) -> tuple[dict[Family, Extent], State]:
    """Return what undisturbed runs of a deed do, and what a home holds after one."""
    inner: Family = "message" if template.database else "change"
    with homes.copied(template, folder / HOME) as place:
        old = homes.sites(place)
        by_command = undisturbed(place, deed, "step" if deed.stream else inner, scratch=folder)
        reference = replace(homes.state(place), sites=(*old, *homes.sites(place)))
    if not deed.stream:
        return dict.fromkeys(("clock", "step", inner), by_command), reference
    with homes.copied(template, folder / HOME) as place:
        by_stream = undisturbed(place, deed, inner, scratch=folder)
    return {"clock": by_stream, "step": by_command, inner: by_stream}, reference


def survive(bare: Place, deed: Deed, folder: Path, *, count: int) -> dict[str, Any]:
    """Kill a deed at drawn points, each in a home of its own, and return what was seen."""
    with homes.copied(bare, folder / "template") as template:
        for arguments in deed.before:
            homes.run(template, *[a.format(root=template.root) for a in arguments])
        return _survive(template, deed, folder, count=count)


def _survive(template: Place, deed: Deed, folder: Path, *, count: int) -> dict[str, Any]:
    extents, reference = measured(template, deed, folder)
    tally: Counter[str] = Counter()
    began = time.perf_counter()
    for point in points(f"{deed.name} {'postgresql' if template.database else 'sqlite'}", extents):
        with homes.copied(template, folder / HOME) as place:
            ended = killed_at(place, deed, point, scratch=folder)
            tally += _checked(place, deed, ended, reference, point)
            tally.update([point.family, "killed"] if ended.killed else ["ended_before"])
        if tally["killed"] == count:
            break
        assert tally["ended_before"] <= count, "hardly any point comes before the end"
    return {"seconds": round(time.perf_counter() - began, 1), **dict(sorted(tally.items()))}


def _checked(place: Place, deed: Deed, ended: Ended, reference: State, point: Point) -> Counter[str]:
    try:
        return CHECKS[deed.name](place, deed, ended, reference)
    except AssertionError as error:
        error.add_note(f"{deed.name}, killed at {point}; it had said {ended.said!r:.500}")
        raise


@pytest.mark.slow
@pytest.mark.parametrize(
    ("template", "name"), [("sqlite", "refit"), pytest.param("postgresql", "evidence")], indirect=["template"]
)
def test_a_few_kills(template: Place, name: str, tmp_path: Path) -> None:
    assert survive(template, DEEDS[name], tmp_path, count=3)["killed"] == 3


@pytest.mark.nightly
@pytest.mark.parametrize("name", DEEDS)
def test_every_command_survives_kills_at_random_points(template: Place, kind: str, name: str, tmp_path: Path) -> None:
    record.keep("kills", f"{name} {kind}", survive(template, DEEDS[name], tmp_path, count=KILLS))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("name", DEEDS)
def test_the_recorded_kills(name: str, kind: str) -> None:
    found = record.kept()["kills"][f"{name} {kind}"]
    assert found["killed"] >= LEAST_IN_A_CELL
    inner = "message" if kind == "postgresql" else "change"
    assert all(found[family] >= 3 for family in ("clock", "step", inner)), "every family of points"


def test_the_recorded_kills_are_enough() -> None:
    assert sum(one["killed"] for one in record.kept()["kills"].values()) >= LEAST_IN_ALL
