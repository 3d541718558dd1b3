"""The options that describe an evidence item, shared by `evidence add` and `evidence preview`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from app.commands.common import refuse
from app.commands.sources import source_fields
from app.failures import CommandError
from app.session import Session
from forecasts.fields import looks_like_address

if TYPE_CHECKING:
    from forecasts.definition import Board
    from forecasts.domain import Evidence

_OPTIONS = (
    click.option("--question", metavar="Q", help="The question that the report bears on."),
    click.option("--deadline", metavar="DAY", help="By when: one of the question's deadlines."),
    click.option(
        "--lr", metavar="X", help="How much more likely was this report if YES by then than if NO: 1/20 to 20."
    ),
    click.option("--lr-low", metavar="X", help="5 % point of the ratio; widens the band, moves no probability."),
    click.option("--lr-high", metavar="X", help="95 % point of the ratio."),
    click.option(
        "--effect",
        "effects",
        multiple=True,
        metavar="Q:DAY:X[:LOW:HIGH]",
        help="The same in one word, for an item that bears on several questions; may be repeated.",
    ),
    click.option("--occurred-on", metavar="DAY", help="When it happened (YYYY-MM-DD, UTC).  [default: --published-on]"),
    click.option("--published-on", metavar="DAY", help="When it could be known.  [default: today]"),
    click.option("--statement", metavar="TEXT", help="What was reported, in one or two neutral sentences."),
    click.option("--source", "sources", multiple=True, metavar="URL", help="An http(s) link, words, or one of each."),
    click.option("--grade", metavar="B2", help="Admiralty grade: source A to F, information 1 to 6."),
    click.option("--thread", metavar="T", help="The story it belongs to; items of one story share their weight."),
    click.option("--kind", metavar="fact|intent", help="A fact stays, an intent fades."),
    click.option("--half-life", metavar="DAYS", help="Days after which half of an intent is gone.  [default: 365]"),
    click.option("--official", is_flag=True, help="An official dated record: exempt from the caps."),
    click.option("--by", "author", metavar="NAME", help="Whose judgement the ratios are.  [default: yours]"),
)

_NAMES = {
    "url": "--source",
    "half_life": "--half-life",
    "occurred_on": "--occurred-on",
    "published_on": "--published-on",
}
_CHANGED = ("occurred_on", "published_on", "statement", "grade", "thread", "kind", "half_life")
"""Options whose text replaces a field of an item that is edited."""
_EFFECT_NAMES = {
    "question": "--question",
    "deadline": "--deadline",
    "lr": "--lr",
    "low": "--lr-low",
    "high": "--lr-high",
}


def evidence_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of an evidence item, in the order of the help."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def read_evidence(session: Session, options: Mapping[str, Any], *, draft: bool) -> Evidence:
    """Parse the options into an item with the id `new`.

    Parameters
    ----------
    options
        What click has read, by parameter name.
    draft
        A preview needs only the effects: what is not given has a neutral stand-in.

    Raises
    ------
    CommandError
        With every mistake in one line, each with its option.
    """
    from forecasts import evidence_entry

    effects = _effects(options)
    fields = {name: options[name] or "" for name in ("occurred_on", "published_on", "statement", "grade", "thread")}
    fields |= {"kind": options["kind"] or "", "half_life": options["half_life"] or ""}
    fields |= source_fields(options["sources"]) | {"official": "yes" if options["official"] else ""}
    fields["published_on"] = fields["published_on"] or session.today.isoformat()
    fields["occurred_on"] = fields["occurred_on"] or fields["published_on"]
    if draft:
        stand_in = {"statement": "draft", "source": "draft", "grade": "A1", "thread": "draft", "kind": "fact"}
        fields = {name: value or stand_in.get(name, "") for name, value in fields.items()}
    item, problems = evidence_entry.from_fields(fields, effects, entry="new", forecaster="new")
    if not options["occurred_on"]:  # a copy of published_on, and so are its mistakes
        problems = [p for p in problems if p.field != "occurred_on"]
    refuse(problems, _namer(options))
    assert item is not None
    return item


def edited_evidence(options: Mapping[str, Any], item: Evidence, *, drop: Sequence[str]) -> Evidence:
    """Return an item with what the options say in the place of what it said; the rest stays.

    An effect on a question that the item speaks of replaces that one, another is added; `drop` takes some away.

    Raises
    ------
    CommandError
        With every mistake in one line, each with its option.
    """
    from forecasts import evidence_entry

    fields, effects = evidence_entry.to_fields(item)
    said = {e["question"]: e for e in effects}
    if unknown := [q for q in drop if q not in said]:
        raise CommandError(f"--drop: {unknown[0][:60]!r}: {item.id} speaks of {', '.join(said) or 'no question'}")
    changed = _effects(options) if has_effects(options) else []
    said = {q: e for q, e in said.items() if q not in drop} | {e["question"]: e for e in changed}
    given = {name: options[name] for name in _CHANGED if options[name] is not None}
    fields |= given | _changed_source(options["sources"])
    if options["kind"] is not None and options["half_life"] is None:
        fields["half_life"] = fields["half_life"] if options["kind"] == item.kind else ""
    fields["official"] = "yes" if options["official"] else fields["official"]
    found, problems = evidence_entry.from_fields(fields, list(said.values()), entry=item.id, forecaster=item.forecaster)
    refuse(problems, _namer(options, shown=list(said)))
    assert found is not None
    return found


def _changed_source(sources: tuple[str, ...]) -> dict[str, str]:
    """Return the fields that `--source` replaces: the words, the link, or both; what is not given stays."""
    told = source_fields(sources) if sources else {}
    words = any(not looks_like_address(s) for s in sources)
    return {name: text for name, text in told.items() if (words if name == "source" else text)}


def check_evidence(
    session: Session, item: Evidence, board: Board, *, options: Mapping[str, Any], open_on: date | None = None
) -> None:
    """Raise CommandError when the board or the clock speaks against an item.

    `open_on` is the day on which its deadlines must not have passed, by default today.
    """
    from forecasts import evidence_check

    problems = evidence_check.check(item, board, today=session.today, open_on=open_on)
    refuse(problems, _namer(options, shown=[e.question for e in item.effects] if open_on else None))


def known_forecaster(session: Session, name: str | None) -> str | None:
    """Return the id of the person meant by `--by`, the local owner's without it, or None for a new name.

    Raises
    ------
    CommandError
        When several people have this name: then their ids tell them apart.
    """
    from forecasts import people

    if name is None:
        return people.LOCAL_OWNER.id
    store = session.workspace().store
    found = people.by_name(store, name)
    if len(found) > 1:
        raise CommandError(
            f"--by: {len(found)} people are called {name[:60]!r}; use one of {', '.join(p.id for p in found)}"
        )
    if found:
        return found[0].id
    by_id = people.find(store, name)
    return by_id.id if by_id and by_id.erased_at is None else None


def judged_by(session: Session, item: Evidence, name: str | None) -> Evidence:
    """Return the item with its forecaster, who is added to the people when the name is new."""
    return replace(item, forecaster=forecaster_id(session, name))


def forecaster_id(session: Session, name: str | None) -> str:
    """Return the id of the person meant by `--by`, who is added to the people when the name is new."""
    from forecasts import people

    known = known_forecaster(session, name)
    if known is not None:
        return known
    try:
        return people.add(session.workspace().store, str(name), actor=people.LOCAL_OWNER, now=session.now).id
    except ValueError as error:
        raise CommandError(f"--by: {error}") from error


def _effects(options: Mapping[str, Any]) -> list[dict[str, str]]:
    from forecasts.evidence_entry import EFFECT_FIELDS, effect_fields

    names = ("question", "deadline", "lr", "lr_low", "lr_high")
    effects = []
    if _has_single(options):
        effects.append({field: options[name] or "" for field, name in zip(EFFECT_FIELDS, names, strict=True)})
    for text in options["effects"]:
        try:
            effects.append(effect_fields(text))
        except ValueError as error:
            raise CommandError(f"--effect: {error}") from error
    if not effects:
        raise CommandError("--question, --deadline and --lr (or --effect Q:DAY:X) are needed: what does it bear on?")
    return effects


def has_effects(options: Mapping[str, Any]) -> bool:
    """Tell whether the options say anything of a question."""
    return _has_single(options) or bool(options["effects"])


def _has_single(options: Mapping[str, Any]) -> bool:
    return any(options[name] is not None for name in ("question", "deadline", "lr", "lr_low", "lr_high"))


def _namer(options: Mapping[str, Any], *, shown: Sequence[str] | None = None) -> Callable[[str], str]:
    """Return what turns a field into the option it came from; `shown` are the questions of an item that is edited."""
    single = _has_single(options)

    def name(field: str) -> str:
        if not field.startswith("effects["):
            return _NAMES.get(field, "--effect" if field == "effects" else f"--{field}")
        number, part = int(field[8 : field.index("]")]), field.rpartition(".")[2]
        if shown is not None:
            return f"effect on {shown[number]}, {part}"
        if single and number == 0:
            return _EFFECT_NAMES[part]
        return f"--effect {number + (0 if single else 1)}, {part}"

    return name
