"""Luck: random numbers that are a function of what they are for, not of when they are asked for.

Every number is keyed by (seed, draw, future, whose luck it is, purpose) through a counter-based generator. So results
do not depend on the number of threads or on the order of events; a question that did not change keeps its luck from
one board version to the next; and two runs that differ in one input differ only where they must.

The mixer is Pelle Evensen's `moremur` (2019, "Stronger, better, morer, Moremur"), a bijection of 64 bits of the
family of splitmix64 (Steele, Lea and Flood 2014) with better constants. A `base` names a future, a `stream` names a
question and a purpose; both are themselves mixed, and `mix(base ^ stream)` is the number.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from models.compiled import lean

MASK = (1 << 64) - 1

_FIRST = np.uint64(0x3C79AC492BA7B653)
_SECOND = np.uint64(0x1C69B3F74AC4AE35)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_S12 = np.uint64(12)
_S27 = np.uint64(27)
_S33 = np.uint64(33)
_UNIT = 2.0**-52


class Purpose(IntEnum):
    """What a number is for: one key serves several purposes without sharing luck."""

    HAZARD = 1
    GATE = 2
    SECOND_VOTE = 3
    SECOND_GATE = 4
    WITH = 5
    INNOVATION = 6
    SCHEDULED = 7
    GROWTH = 8


@lean
def mix(x: np.uint64) -> np.uint64:
    """Return a bijective scramble of 64 bits."""
    x = (x ^ (x >> _S27)) * _FIRST
    x = (x ^ (x >> _S33)) * _SECOND
    return x ^ (x >> _S27)


@lean
def future_base(seed: np.uint64, draw: int, future: int) -> np.uint64:
    """Return the base of one future: `future` counts within its `draw`."""
    base = mix(seed + _STEP)
    base = mix(base + np.uint64(draw) * _STEP)
    return mix(base + np.uint64(future) * _STEP)


@lean
def uniform(base: np.uint64, stream: np.uint64) -> float:
    """Return a number strictly between 0 and 1, on the centres of 2**52 equal cells."""
    return (np.float64(mix(base ^ stream) >> _S12) + 0.5) * _UNIT


@lean
def exponential(base: np.uint64, stream: np.uint64) -> float:
    """Return a unit exponential: a question's budget of integrated hazard."""
    return float(-np.log(uniform(base, stream)))


@lean
def _tail(p: float) -> float:
    """Return the standard normal quantile for p below .075."""
    r = np.sqrt(-np.log(p))
    if r <= 5.0:
        r -= 1.6
        top = 7.7454501427834140764e-4
        for c in (0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258):
            top = top * r + c
        for c in (3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734):
            top = top * r + c
        low = 1.05075007164441684324e-9
        for c in (5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459):
            low = low * r + c
        for c in (0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0):
            low = low * r + c
        return -top / low
    r -= 5.0
    top = 2.01033439929228813265e-7
    for c in (2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093):
        top = top * r + c
    for c in (0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772):
        top = top * r + c
    low = 2.04426310338993978564e-15
    for c in (1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4):
        low = low * r + c
    for c in (0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0):
        low = low * r + c
    return -top / low


@lean
def normal_quantile(p: float) -> float:
    """Return the standard normal quantile of p in (0, 1), to about 1e-15 (Wichura 1988, AS 241, PPND16)."""
    q = p - 0.5
    if abs(q) > 0.425:
        return _tail(p) if q < 0.0 else -_tail(1.0 - p)
    r = 0.180625 - q * q
    top = 2509.0809287301226727
    for c in (33430.575583588128105, 67265.770927008700853, 45921.953931549871457):
        top = top * r + c
    for c in (13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608):
        top = top * r + c
    low = 5226.495278852545925
    for c in (28729.085735721942674, 39307.89580009271061, 21213.794301586595867):
        low = low * r + c
    for c in (5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0):
        low = low * r + c
    return q * top / low


@lean
def normal(base: np.uint64, stream: np.uint64) -> float:
    """Return a standard normal."""
    return normal_quantile(uniform(base, stream))


def seed_word(seed: int) -> np.uint64:
    """Return a seed as the 64 bits that the generator takes; raises ValueError outside 0 .. 2**64 - 1."""
    if not 0 <= seed <= MASK:
        raise ValueError(f"seed is {seed}; allowed: whole numbers from 0 to 2**64 - 1")
    return np.uint64(seed)


def streams(key: NDArray[np.uint64], purpose: Purpose) -> NDArray[np.uint64]:
    """Return the stream of each key for a purpose, same shape as `key`."""
    word = np.asarray(key, dtype=np.uint64) ^ np.uint64((int(purpose) * int(_STEP)) & MASK)
    return scramble(scramble(word) + _STEP)


def scramble(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return `mix` of each element."""
    x = np.asarray(word, dtype=np.uint64)
    x = (x ^ (x >> _S27)) * _FIRST
    x = (x ^ (x >> _S33)) * _SECOND
    return np.asarray(x ^ (x >> _S27), dtype=np.uint64)
