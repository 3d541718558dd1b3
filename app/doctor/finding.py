"""What a doctor found: one line, and how bad it is."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    """What it is about, in one word."""
    state: State
    """`warn`: it works, but look at it; `fail`: something does not work."""
    text: str
    """What was found, and what to do about it."""
