"""Evidence as a person enters it: raw text in, an `Evidence` record or a list of mistakes with their fields out.

Shared by the form and the command line. What needs the board, the ledger or the clock is checked by
`forecasts.evidence_check`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import cast

from forecasts.domain import Effect, Evidence, EvidenceKind, LrBasis, Verification
from forecasts.fields import FieldProblem, Fields, shown

FIELDS = (
    "occurred_on",
    "published_on",
    "statement",
    "source",
    "url",
    "grade",
    "thread",
    "kind",
    "half_life",
    "lr_basis",
    "verification",
    "official",
)
"""The raw fields of an item, apart from its effects."""

EFFECT_FIELDS = ("question", "deadline", "lr", "low", "high")
"""The raw fields of one effect; `low` and `high` are empty together."""

DEFAULT_HALF_LIFE = 365.0
"""Days; the commonest half-life of the shipped board's intents."""

STATEMENT_LIMIT = 1000
SOURCE_LIMIT = 300

_ITEM_LETTERS = ("A", "B", "C", "D", "E", "F")
_ITEM_DIGITS = ("1", "2", "3", "4", "5", "6")

_RANGE_FACTORS = ((1.125, 1.25), (1.275, 1.35), (1.65, 1.5), (3.0, 1.8), (math.inf, 2.5))
"""(ratio up to, factor): how far a judged ratio of that strength reaches on both sides (the shipped items' habit)."""


def default_range(lr: float) -> tuple[float, float]:
    """Return the 90 % range taken for a likelihood ratio that came without one.

    The stronger the judgement, the less exactly it is known: a ratio of 1.1 is read as 0.88 to 1.38, one of 4 as 1.6
    to 10. The same factor applies below 1; three digits. It widens the band and moves no probability.
    """
    strength = max(lr, 1 / lr)
    factor = next(factor for limit, factor in _RANGE_FACTORS if strength <= limit)
    return float(f"{lr / factor:.3g}"), float(f"{lr * factor:.3g}")


def effect_fields(text: str) -> dict[str, str]:
    """Split `QUESTION:DEADLINE:LR[:LOW:HIGH]` into raw effect fields; raises ValueError for any other shape."""
    parts = text.split(":")
    if len(parts) not in {3, 5}:
        raise ValueError(f"{shown(text)}: QUESTION:DEADLINE:LR or QUESTION:DEADLINE:LR:LOW:HIGH is needed")
    return dict(zip(EFFECT_FIELDS, parts, strict=False))


def from_fields(
    fields: Mapping[str, str], effects: Sequence[Mapping[str, str]], *, entry: str, forecaster: str
) -> tuple[Evidence | None, list[FieldProblem]]:
    """Parse one evidence item.

    Parameters
    ----------
    fields
        Raw text by the names in `FIELDS`; missing and empty mean the same. `grade` is a letter and a digit (`B2`),
        `half_life` days (only for intents), `official` `yes` or empty.
    effects
        Raw text by the names in `EFFECT_FIELDS`, one mapping for each question the item bears on; none means that
        the item was judged not diagnostic.
    entry, forecaster
        The item's id and the opaque id of the person whose judgement the ratios are.

    Returns
    -------
    The item, or None with all mistakes; a mistake in an effect has the field `effects[i].name`.

    Raises
    ------
    KeyError
        When the caller passes a field that does not exist.
    """
    read = Fields(fields, known=FIELDS)
    letter, digit = _grade(read)
    kind = cast("EvidenceKind", read.choice("kind", ("fact", "intent")))
    item = Evidence(
        id=entry,
        occurred_on=read.day("occurred_on"),
        published_on=read.day("published_on"),
        statement=read.text("statement", limit=STATEMENT_LIMIT),
        source=read.text("source", limit=SOURCE_LIMIT),
        url=read.link("url"),
        grade_source=letter,
        grade_info=digit,
        lr_basis=cast("LrBasis", _optional(read, "lr_basis", ("content", "report"))),
        kind=kind,
        half_life_days=_half_life(read, kind),
        thread=read.name("thread"),
        verification=cast("Verification", _optional(read, "verification", ("unverified", "recalled", "verified"))),
        effects=tuple(_effect(raw, index=i, problems=read.problems) for i, raw in enumerate(effects)),
        forecaster=forecaster,
        official=_optional(read, "official", ("no", "yes")) == "yes",
    )
    return (None if read.problems else item), read.problems


def to_fields(item: Evidence) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return an item as raw text, its fields and its effects: what `from_fields` reads back equal."""
    fields = {
        "occurred_on": item.occurred_on.isoformat(),
        "published_on": item.published_on.isoformat(),
        "statement": item.statement,
        "source": item.source,
        "url": item.url,
        "grade": f"{item.grade_source}{item.grade_info}",
        "thread": item.thread,
        "kind": item.kind,
        "half_life": _number(item.half_life_days) if item.half_life_days is not None else "",
        "lr_basis": item.lr_basis,
        "verification": item.verification,
        "official": "yes" if item.official else "",
    }
    effects = [
        {"question": e.question, "deadline": e.deadline.isoformat()}
        | {name: _number(getattr(e, name)) for name in ("lr", "low", "high")}
        for e in item.effects
    ]
    return fields, effects


def _number(value: float) -> str:
    """Return the shortest text that reads back as the same number, without a needless `.0`."""
    return repr(float(value)).removesuffix(".0")


def _optional(read: Fields, name: str, allowed: tuple[str, ...]) -> str:
    return read.choice(name, allowed) if read.given(name) else allowed[0]


def _grade(read: Fields) -> tuple[str, str]:
    grade = read.raw("grade").upper()
    if len(grade) == 2 and grade[0] in _ITEM_LETTERS and grade[1] in _ITEM_DIGITS:
        return grade[0], grade[1]
    read.refuse("grade", f"{shown(read.raw('grade'))}: a letter A to F and a digit 1 to 6 are needed, for example B2")
    return "F", "6"


def _half_life(read: Fields, kind: EvidenceKind) -> float | None:
    if kind == "intent":
        return read.positive("half_life", what="a number of days") if read.given("half_life") else DEFAULT_HALF_LIFE
    if read.given("half_life"):
        read.refuse("half_life", f"{shown(read.raw('half_life'))}: only an intent fades; a fact has no half-life")
    return None


def _effect(raw: Mapping[str, str], *, index: int, problems: list[FieldProblem]) -> Effect:
    read = Fields(raw, known=EFFECT_FIELDS, prefix=f"effects[{index}].")
    lr = read.positive("lr", what="a likelihood ratio")
    effect = Effect(read.name("question"), read.day("deadline"), lr, *_range(read, lr))
    problems.extend(read.problems)
    return effect


def _range(read: Fields, lr: float) -> tuple[float, float]:
    if not (read.given("low") or read.given("high")):
        return default_range(lr)
    low, high = (read.positive(name, what="a likelihood ratio") for name in ("low", "high"))
    if not read.problems and not low <= lr <= high:
        read.refuse("low", f"the range {low:g} to {high:g} does not contain the ratio {lr:g}")
    return low, high
