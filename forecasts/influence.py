"""How strongly the scenarios hang on each question, from what a snapshot's detail says of each scenario."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any


@dataclass(frozen=True, slots=True)
class Influence:
    """What a question says of the scenarios of a partition. It is what goes together, not what causes what."""

    question: str
    moves: Mapping[str, float]
    """By scenario: its probability if the question happens by its headline deadline, less that if it does not."""
    shift: float
    """Probability that changes places between the scenarios from no to yes, 0 to 1: half the sum of the moves' sizes
    (total variation distance)."""
    bits: float
    """Information that the answer is expected to bring about the scenarios (Lindley 1956): their mutual information,
    0 up to the 1 bit that a yes or no can hold. A strong question that is all but decided has little left to say."""


def influences(
    links: Mapping[str, Any], partition: Sequence[str], chance: Mapping[str, float]
) -> tuple[Influence, ...]:
    """Return the questions by how strongly the scenarios hang on them, the strongest first.

    Parameters
    ----------
    links
        `scenarios` of a snapshot's detail: by scenario id `drivers`, list of `question, p_if_yes, p_if_no`.
    partition
        Ids of the scenarios of which exactly one holds.
    chance
        Probability of each question by its headline deadline. A question without one, or that not every scenario
        speaks of, is left out.
    """
    tables = {s: {d["question"]: d for d in links.get(s, {}).get("drivers", [])} for s in partition}
    told = set(chance).intersection(*tables.values()) if tables else set()
    found = [_influence(q, {s: tables[s][q] for s in partition}, chance[q]) for q in sorted(told)]
    return tuple(sorted(found, key=lambda i: -i.shift))


def _influence(question: str, rows: Mapping[str, Mapping[str, float]], p: float) -> Influence:
    pairs = {s: (r["p_if_yes"], r["p_if_no"]) for s, r in rows.items()}
    moves = {s: yes - no for s, (yes, no) in pairs.items()}
    bits = sum(_information(p, yes, no) for yes, no in pairs.values())
    return Influence(question, moves, sum(map(abs, moves.values())) / 2, max(bits, 0.0))


def _information(p: float, yes: float, no: float) -> float:
    """Return one scenario's part of the mutual information: p yes log(yes / m) + (1 - p) no log(no / m)."""
    mean = p * yes + (1 - p) * no
    return sum(w * v * log2(v / mean) for w, v in ((p, yes), (1 - p, no)) if w > 0 and v > 0)
