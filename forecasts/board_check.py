"""Check the rows of a board definition against each other: references, days, kinds, order.

Every check reports through the row it concerns, so that each message carries its place; none stops at the first.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from itertools import pairwise

from forecasts import board_graph, board_reach, scenarios, spending_editions
from forecasts.board_files import BOARD_ID, near
from forecasts.board_parts import Parts, Placed
from forecasts.board_rows import Row
from forecasts.definition import Question
from forecasts.definition_panel import FittedPanel

MAX_DAYS = 32_000
"""Days from opening to horizon that the simulation can count."""
SLIP = 0.8
"""Two tags so much alike are taken for one and a slip of the pen."""


def check(parts: Parts, *, directory: str) -> None:
    """Report every mistake that concerns more than one row.

    Parameters
    ----------
    parts
        The rows that could be read.
    directory
        Name of the board's directory, which must be its id.
    """
    _check_head(parts, directory)
    _check_uniqueness(parts)
    _check_references(parts)
    for question in parts.questions:
        _check_question(parts, question)
    _check_sections(parts)
    _check_tags(parts)
    board_graph.check(parts)
    _check_inputs(parts)
    _check_votes(parts)
    _check_series(parts)
    _check_scheduled(parts)
    _check_scenarios(parts)


def _check_head(parts: Parts, directory: str) -> None:
    head, row = parts.head, parts.head.row
    if head.id and (head.id != directory or not BOARD_ID.fullmatch(head.id)):
        row.refuse("id", f"{head.id!r}: the directory's name {directory!r} is needed (small letters, digits and -)")
    if not head.valid:
        return
    if not 0 < (head.horizon - head.opens).days <= MAX_DAYS:
        row.refuse("horizon", f"{head.horizon}: 1 to {MAX_DAYS} days after {head.opens} are needed")
    if head.deadlines:
        _check_deadlines(row, "deadlines", head.deadlines, opens=head.opens, horizon=head.horizon)
    if not parts.questions and not parts.mentioned:
        row.refuse("", "the board has no question; questions.toml needs at least one [[question]]")


def _check_uniqueness(parts: Parts) -> None:
    _unique(parts.sections, "id", lambda s: s.id, "another section has this id")
    _unique(parts.questions, "id", lambda q: q.id, "another question has this id")
    _unique(parts.series, "id", lambda s: s.id, "another series has this id")
    _unique(parts.frailties, "id", lambda f: f.id, "another frailty has this id")
    _unique(parts.scenarios, "id", lambda s: s.id, "another scenario has this id")
    _unique(parts.questions, "title", lambda q: q.title, "another question has this title")
    _unique(parts.questions, "short", lambda q: q.short, "another question has this label")
    _unique(parts.scenarios, "title", lambda s: s.title, "another scenario has this title")
    _unique(parts.cases, "name", lambda c: (c.question, c.name, c.start), "the question has this case already")
    _unique(parts.adjustments, "question", lambda a: a.question, "the question has an adjustment already")
    _unique(parts.votes, "question", lambda v: v.question, "the question has a vote already")
    _unique(parts.scheduled, "question", lambda s: s.question, "the question is scheduled already")
    _unique(parts.edges, "parents", lambda e: (frozenset(e.parents), e.child, e.kind), "this edge stands already")


def _unique[T](rows: Sequence[Placed[T]], key: str, name: Callable[[T], Hashable], message: str) -> None:
    seen: set[Hashable] = set()
    for record, row in rows:
        value = name(record)
        if value in seen:
            row.refuse(key, f"{row.peek(key)!s:.60}: {message}")
        seen.add(value)


def _check_references(parts: Parts) -> None:
    for edge, row in parts.edges:
        _known(parts, row, "parents", edge.parents)
        _known(parts, row, "child", (edge.child,))
        _known(parts, row, "until", (edge.until,) if edge.until else ())
    for case, row in parts.cases:
        _known(parts, row, "question", (case.question,), kind="event")
    for adjustment, row in parts.adjustments:
        _known(parts, row, "question", (adjustment.question,), kind="event")
        _check_divided(parts, row, adjustment.question, adjustment.divided_edges)
    for vote, row in parts.votes:
        _known(parts, row, "question", (vote.question,), kind="vote")
        _known(parts, row, "trigger", (vote.trigger,), kind="event")
        _known(parts, row, "terms", vote.terms)
    for series, row in parts.series:
        _known(parts, row, "level", [v.question for v in series.levels], kind="threshold")
    for frailty, row in parts.frailties:
        _known(parts, row, "loadings", [question for question, _ in frailty.loadings], kind="event")
    for scheduled, row in parts.scheduled:
        _known(parts, row, "question", (scheduled.question,), kind="event")


def _known(parts: Parts, row: Row, key: str, names: Iterable[str], *, kind: str = "") -> None:
    kinds = {q.id: q.kind for q, _ in parts.questions}
    for name in names:
        if name not in parts.mentioned:
            row.refuse(key, f"unknown question {name!r}{near(name, sorted(parts.mentioned))}")
        elif kind and kinds.get(name, kind) != kind:
            row.refuse(key, f"{name!r} is of kind {kinds[name]}; a question of kind {kind} is needed here")


def _check_divided(parts: Parts, row: Row, question: str, divided: Sequence[str]) -> None:
    if "edges.csv" in parts.unread:
        return
    parents = {e.parents[0] for e, _ in parts.edges if e.child == question and e.kind == "hazard_ratio"}
    for name in divided:
        if name not in parents:
            message = (
                f"{name!r} has no hazard_ratio edge into {question!r}; edges: {', '.join(sorted(parents)) or 'none'}"
            )
            row.refuse("divided_edges", message)


def _check_question(parts: Parts, placed: Placed[Question]) -> None:
    question, row = placed
    if question.section not in {s.id for s, _ in parts.sections}:
        known = sorted(s.id for s, _ in parts.sections)
        row.refuse("section", f"unknown section {question.section!r}{near(question.section, known)}")
    if not parts.head.valid:
        return
    if not question.deadlines:
        row.refuse("", "no deadline; the board's or the question's own are needed")
        return
    if question.opens < parts.head.opens:
        row.refuse("opens", f"{question.opens} lies before the board opens ({parts.head.opens})")
    if row.given("deadlines") or row.given("opens"):
        key = "deadlines" if row.given("deadlines") else "opens"
        _check_deadlines(row, key, question.deadlines, opens=question.opens, horizon=parts.head.horizon)
    if question.headline_deadline not in question.deadlines:
        listed = ", ".join(d.isoformat() for d in question.deadlines)
        row.refuse("headline_deadline", f"{question.headline_deadline} is not listed; deadlines: {listed}")
    if question.closed_on is not None and question.closed_on < question.opens:
        row.refuse("closed_on", f"{question.closed_on} lies before the opening day {question.opens}")


def _check_deadlines(row: Row, key: str, deadlines: Sequence[date], *, opens: date, horizon: date) -> None:
    if deadlines[0] <= opens:
        row.refuse(key, f"deadline {deadlines[0]} is not after the opening day {opens}")
    if deadlines[-1] != horizon:
        row.refuse(key, f"the last deadline {deadlines[-1]} is not the board's horizon {horizon}")


def _check_tags(parts: Parts) -> None:
    """Warn of a tag that stands on one question only and is written almost as one that more have."""
    counts = Counter(tag for question, _ in parts.questions for tag in question.tags)
    shared = sorted(tag for tag, count in counts.items() if count > 1)
    for question, row in parts.questions:
        for tag in question.tags:
            if counts[tag] == 1 and (hint := near(tag, shared, likeness=SLIP)):
                row.note("tags", f"{tag!r} stands on this question only{hint}")


def _check_sections(parts: Parts) -> None:
    used = {q.section for q, _ in parts.questions}
    for section, row in parts.sections:
        if section.id not in used and len(parts.questions) == len(parts.mentioned):
            row.refuse("id", f"section {section.id!r} has no question")


def _check_inputs(parts: Parts) -> None:
    """Report events without outside or inside view (or schedule), votes without body, levels without series."""
    cases = {c.question for c, _ in parts.cases}
    adjusted = {a.question for a, _ in parts.adjustments}
    scheduled = {s.question for s, _ in parts.scheduled}
    timed = {q.id for q, _ in parts.questions if q.duration}
    voted = {v.question for v, _ in parts.votes}
    levels = Counter(v.question for s, _ in parts.series for v in s.levels)
    once = {question for question, times in levels.items() if times == 1}
    needed = {
        "cases.csv": (
            "event",
            cases | timed | scheduled,
            "no case names it; an event needs a reference class (or a schedule)",
        ),
        "adjustments.csv": ("event", adjusted | scheduled, "no row names it; an event needs an inside view"),
        "votes.toml": ("vote", voted, "no [[vote]] names it"),
        "series.toml": ("threshold", once, "it must stand in one [[series.level]], neither in none nor in two"),
    }
    for file, (kind, given, message) in needed.items():
        for question, row in parts.questions:
            if question.kind == kind and question.id not in given and file not in parts.unread:
                row.refuse("", f"{file}: {message}")
    for question, row in parts.questions:
        _check_duration(parts, row, question)
    for case, row in parts.cases:
        if case.question in timed:
            row.refuse("question", f"{case.question!r} is fitted to durations: its cases stand in that table, not here")
        _check_case(row, case.start, case.end, parts.head.opens if parts.head.valid else date.max)


def _check_duration(parts: Parts, row: Row, question: Question) -> None:
    """Report effects whose edge is missing, and cases that end after the board opens."""
    if question.duration is None:
        return
    edges = {e.parents[0] for e, _ in parts.edges if e.child == question.id and e.kind == "hazard_ratio"}
    for effect in question.duration.effects:
        if effect.ratio is None and effect.name not in edges and "edges.csv" not in parts.unread:
            message = f"no hazard_ratio edge into {question.id!r}; edges: {', '.join(sorted(edges)) or 'none'}"
            row.refuse("duration", f"effect of {effect.name!r}{near(effect.name, sorted(edges))}: {message}")
    late = [s for s in question.duration.spells if parts.head.valid and s.end > parts.head.opens]
    for spell in late:
        row.refuse("duration", f"case {spell.name!r} ends on {spell.end}, after the board opens ({parts.head.opens})")


def _check_case(row: Row, start: str, end: str, opens: date) -> None:
    days = [_day(row, key, text) for key, text in (("start", start), ("end", end))]
    if None in days:
        return
    if str(days[0]) > str(days[1]):
        row.refuse("end", f"{end} lies before the start {start}")
    if str(days[1]) > opens.isoformat():
        row.refuse("end", f"{end} lies after the board opens ({opens}): what comes later is history, not a case")


def _day(row: Row, key: str, text: str) -> date | None:
    for suffix in ("", "-01", "-01-01"):
        try:
            return date.fromisoformat(text + suffix)
        except ValueError:
            continue
    row.refuse(key, f"{text!r}: a day as YYYY-MM-DD, YYYY-MM or YYYY is needed")
    return None


def _check_votes(parts: Parts) -> None:
    for vote, row in parts.votes:
        if vote.question in vote.terms or vote.question == vote.trigger:
            row.refuse(
                "terms" if vote.question in vote.terms else "trigger", f"{vote.question!r} cannot set its own terms"
            )
        if parts.head.valid:
            for key, days in (("periods", vote.periods), ("president_periods", vote.president_periods)):
                if days and days[0] <= parts.head.opens:
                    row.refuse(key, f"{days[0]} is not after the opening day {parts.head.opens}")


def _check_series(parts: Parts) -> None:
    for series, row in parts.series:
        if not (series.states or series.panel) or not series.levels:
            row.refuse("", "at least one [[series.state]] (or a [series.panel]) and one [[series.level]] are needed")
            continue
        if series.panel is not None and parts.head.valid:
            _check_panel(row, series.panel, opens=parts.head.opens)
        published = [s.published_on for s in series.states]
        _rising(row, "state", published, "published_on")
        _rising(row, "state", [s.year for s in series.states], "year", equal=True)
        _rising(row, "level", [v.value for v in series.levels], "value")
        if parts.head.valid and published and published[0] > parts.head.opens:
            row.refuse(
                "state", f"the first state was published on {published[0]}, after the opening day {parts.head.opens}"
            )
        for level in series.levels:
            if round(level.value, series.decimals) != level.value:
                row.refuse("level", f"{level.value:g} is never printed with {series.decimals} decimals")


def _check_panel(row: Row, panel: FittedPanel, *, opens: date) -> None:
    """Report a panel that has too few whole years on the opening day, or on the day of any of its editions."""
    for day in sorted({opens, *(e.published_on for e in panel.editions if e.published_on > opens)}):
        try:
            spending_editions.in_force(panel, as_of=day)
        except ValueError as error:
            row.refuse("panel", f"as of {day}: {error}")


def _rising(row: Row, key: str, values: Sequence[date] | Sequence[float], what: str, *, equal: bool = False) -> None:
    if any(not (a < b or (equal and a == b)) for a, b in pairwise(values)):  # type: ignore[operator]
        row.refuse(key, f"{what} must rise: {', '.join(map(str, values))}")


def _check_scheduled(parts: Parts) -> None:
    for scheduled, row in parts.scheduled:
        if parts.head.valid and not parts.head.opens < scheduled.on <= parts.head.horizon:
            row.refuse("on", f"{scheduled.on} lies outside {parts.head.opens} to {parts.head.horizon}")


def _check_scenarios(parts: Parts) -> None:
    records = [s for s, _ in parts.scenarios]
    wrong = scenarios.check(records, sorted(parts.mentioned))
    for i, message, warning in wrong:
        row = parts.scenarios[i].row
        report = row.note if warning else row.refuse
        report("definition", message)
    partition = [p for p in parts.scenarios if p.record.group == "partition"]
    for record, row in partition[:-1]:
        if record.definition.strip().upper() == "TRUE":
            row.refuse("definition", "TRUE before the end of the partition: the scenarios after it can never hold")
    if partition and partition[-1].record.definition.strip().upper() != "TRUE":
        message = "the last scenario of the partition must be TRUE, so that every future has one"
        partition[-1].row.refuse("definition", message)
    if len(partition) == 1:
        partition[0].row.refuse("group", "a partition of one scenario divides nothing; two or more are needed")
    if parts.head.valid and not any(not warning for _, _, warning in wrong):
        for i in board_reach.unreachable(parts):
            parts.scenarios[i].row.refuse("definition", "holds in no possible order of events: it can never be reached")
