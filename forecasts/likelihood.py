"""The verbal side of a likelihood ratio: from two likelihoods to a ratio, and from a ratio to words.

The scale is that of METHODS 4 (1.25 to 1.5 slight, 2 to 3 moderate, 5 to 10 strong), with the borders between the named
ranges at their geometric middle; it stands beside the number and never replaces it.
"""

import math

STRENGTHS = ((1.02, "no difference"), (1.12, "next to none"), (1.73, "slight"), (3.87, "moderate"), (12.0, "strong"))
"""(ratio or its inverse below, word); above the last it is very strong."""

LETTERS = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}
"""Admiralty reliability of the source."""

DIGITS = {
    "1": "confirmed by other sources",
    "2": "probably true",
    "3": "possibly true",
    "4": "doubtful",
    "5": "improbable",
    "6": "truth cannot be judged",
}
"""Admiralty credibility of the information."""


def ratio(if_yes: float, if_no: float) -> float:
    """Return how much more likely a report is if YES than if NO.

    Parameters
    ----------
    if_yes, if_no
        Probability of such a report in either world, in (0, 1].

    Raises
    ------
    ValueError
        When one of them is not in (0, 1] (a report that cannot occur in one world would be proof).
    """
    for name, value in (("if YES", if_yes), ("if NO", if_no)):
        if not (math.isfinite(value) and 0 < value <= 1):
            raise ValueError(f"{name}: {value!r}; a probability above 0 and at most 1 is needed")
    return if_yes / if_no


def in_words(lr: float) -> str:
    """Return a likelihood ratio in words, for example `moderate, for YES`.

    Raises
    ------
    ValueError
        When it is not a finite number above 0.
    """
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(f"{lr!r}: a likelihood ratio above 0 is needed")
    strength = max(lr, 1 / lr)
    word = next((word for limit, word in STRENGTHS if strength < limit), "very strong")
    if word == STRENGTHS[0][1]:
        return word
    return f"{word}, for {'YES' if lr > 1 else 'NO'}"


def shifted(probability: float, log_odds: float) -> float:
    """Return a probability inside (0, 1) after a shift of its log-odds."""
    odds = probability / (1.0 - probability) * math.exp(log_odds)
    return odds / (1.0 + odds)
