"""Two people edited one item: what each changed, side by side, and the version in which nothing of either is lost.

Pure. A part is one field of the item, or its effect on one question; parts that only one of the two changed settle
themselves, parts that both changed differently wait for a choice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

from forecasts.domain import Effect, Evidence

Side = Literal["theirs", "mine"]

FIELDS = ("statement", "source", "url", "occurred_on", "published_on", "grade", "kind", "thread")
"""Parts that every item has; `kind` goes with its half-life, `grade` with the basis of the ratios."""
MORE_FIELDS = ("lr_basis", "verification", "official", "forecaster")
EFFECT = "effect:"
"""Beginning of the name of a part that is the effect on one question."""

Part = str | Effect | None


class Difference(NamedTuple):
    """One part that is not the same in the two versions."""

    part: str
    """A field's name, or `effect:` and the question."""
    base: Part
    """What both began from; None where there was no such effect."""
    theirs: Part
    mine: Part
    pick: Side | None
    """Who alone changed it; None when both did."""


def parts(item: Evidence) -> dict[str, Part]:
    """Return an item's parts by name, fields as text."""
    found: dict[str, Part] = {
        "statement": item.statement,
        "source": item.source,
        "url": item.url,
        "occurred_on": item.occurred_on.isoformat(),
        "published_on": item.published_on.isoformat(),
        "grade": f"{item.grade_source}{item.grade_info}",
        "kind": item.kind if item.half_life_days is None else f"{item.kind} {item.half_life_days!r}",
        "thread": item.thread,
        "lr_basis": item.lr_basis,
        "verification": item.verification,
        "official": "yes" if item.official else "no",
        "forecaster": item.forecaster,
    }
    return found | {f"{EFFECT}{e.question}": e for e in item.effects}


def differences(base: Evidence, theirs: Evidence, mine: Evidence) -> tuple[Difference, ...]:
    """Return every part in which two versions of one item differ, fields first."""
    start, left, right = parts(base), parts(theirs), parts(mine)
    names = dict.fromkeys((*FIELDS, *MORE_FIELDS, *left, *right))
    return tuple(
        Difference(n, start.get(n), left.get(n), right.get(n), _pick(start.get(n), left.get(n), right.get(n)))
        for n in names
        if left.get(n) != right.get(n)
    )


def changed(base: Evidence, new: Evidence) -> tuple[Difference, ...]:
    """Return what a new version changes; `theirs` is what it was."""
    return differences(base, base, new)


def _pick(base: Part, theirs: Part, mine: Part) -> Side | None:
    if mine == base:
        return "theirs"
    return "mine" if theirs == base else None


def merged(theirs: Evidence, mine: Evidence, picks: Mapping[str, Side]) -> Evidence:
    """Return the item with each differing part taken from the side that was picked for it.

    Raises
    ------
    KeyError
        When a part in which the two differ has no pick.
    """
    left, right = parts(theirs), parts(mine)
    names = list(dict.fromkeys((*left, *right)))
    taken = {n: (right if left.get(n) != right.get(n) and picks[n] == "mine" else left).get(n) for n in names}
    effects = tuple(e for n, e in taken.items() if n.startswith(EFFECT) and isinstance(e, Effect))
    sides = {n: mine if taken[n] == right.get(n) else theirs for n in (*FIELDS, *MORE_FIELDS)}
    grade, kind = sides["grade"], sides["kind"]
    return replace(
        theirs,
        **{n: getattr(sides[n], n) for n in ("statement", "source", "url", "occurred_on", "published_on", "thread")},
        grade_source=grade.grade_source,
        grade_info=grade.grade_info,
        kind=kind.kind,
        half_life_days=kind.half_life_days,
        lr_basis=sides["lr_basis"].lr_basis,
        verification=sides["verification"].verification,
        official=sides["official"].official,
        forecaster=sides["forecaster"].forecaster,
        effects=effects,
    )


def unsettled(found: Iterable[Difference], picks: Mapping[str, Side | None]) -> list[str]:
    """Return the parts that still wait for a choice."""
    return [d.part for d in found if (picks.get(d.part) or d.pick) is None]
