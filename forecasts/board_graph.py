"""The graph of a board: which edges may stand where, cycles among `requires`, parents before children."""

from graphlib import CycleError, TopologicalSorter

from forecasts.board_parts import Parts, Placed
from forecasts.definition import Edge, Question


def check(parts: Parts) -> None:
    """Report edges that lead to themselves or to a kind of question that cannot have them, and cycles."""
    kinds = {q.id: q.kind for q, _ in parts.questions}
    for placed in parts.edges:
        _check_ends(placed)
        _check_child(placed, kinds.get(placed.record.child, ""))
    _check_clocks(parts)
    _check_levels(parts)
    _check_cycles(parts)


def parents_first(parts: Parts) -> tuple[Question, ...]:
    """Return the questions in file order, moved only as far as needed for parents of `requires` to come first."""
    before = _before(parts)
    placed: dict[str, Question] = {}
    waiting = [q for q, _ in parts.questions]
    while waiting:
        ready = next(q for q in waiting if before[q.id] <= placed.keys())
        placed[ready.id] = ready
        waiting.remove(ready)
    return tuple(placed.values())


def _before(parts: Parts) -> dict[str, set[str]]:
    """Return for each question those that must stand before it: parents of `requires` and a vote's trigger."""
    before: dict[str, set[str]] = {q.id: set() for q, _ in parts.questions}
    pairs = [(p, e.child) for e, _ in parts.edges if e.kind == "requires" for p in e.parents]
    pairs += [(v.trigger, v.question) for v, _ in parts.votes]
    for parent, child in pairs:
        if parent in before and child in before:
            before[child].add(parent)
    return before


def _check_ends(placed: Placed[Edge]) -> None:
    edge, row = placed
    if edge.child in edge.parents:
        row.refuse("child", f"{edge.child!r} is its own parent")
    if edge.until and edge.until in {*edge.parents, edge.child}:
        row.refuse("until", f"{edge.until!r} is the edge's own end; another question must end the effect")


def _check_child(placed: Placed[Edge], kind: str) -> None:
    edge, row = placed
    if kind == "vote" and edge.kind != "requires":
        row.refuse("child", f"{edge.child!r} is a vote, decided at its trigger; only requires may lead to it")
    if kind == "threshold" and edge.kind != "hazard_ratio":
        row.refuse("child", f"{edge.child!r} is read off its series; only hazard_ratio may lead to it")


def _check_clocks(parts: Parts) -> None:
    required = {e.child for e, _ in parts.edges if e.kind == "requires"}
    for question, row in parts.questions:
        if question.clock == "since_enabled" and question.id not in required:
            row.refuse("clock", "since_enabled needs a requires edge into the question: it says when the clock starts")


def _check_levels(parts: Parts) -> None:
    """Report an edge written on two levels of one series: it acts on the series and would act twice."""
    series = {v.question: s.id for s, _ in parts.series for v in s.levels}
    seen: dict[tuple[str, str], str] = {}
    for edge, row in parts.edges:
        if edge.kind == "hazard_ratio" and edge.child in series:
            key = (edge.parents[0], series[edge.child])
            if seen.setdefault(key, edge.child) != edge.child:
                row.refuse("child", f"{edge.parents[0]!r} acts on this series through {seen[key]!r} already")


def cycle(parts: Parts) -> list[str]:
    """Return a cycle among what must come before what, each before the next and the first once more; or nothing."""
    try:
        TopologicalSorter(_before(parts)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _check_cycles(parts: Parts) -> None:
    names = cycle(parts)
    if not names:
        return
    parent, child = names[:2]
    message = f"a cycle: {' -> '.join(names)} (each needs the one before it)"
    for edge, row in parts.edges:
        if edge.kind == "requires" and edge.child == child and parent in edge.parents:
            row.refuse("parents", message)
            return
    next(row for vote, row in parts.votes if vote.question == child).refuse("trigger", message)
