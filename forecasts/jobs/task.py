"""A task, one line of JSON: compute a board at an instant; and how that ended, another line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from forecasts.domain import Mode
from forecasts.forms import (
    COUNT,
    FLAG,
    ID,
    INSTANT,
    TEXT,
    Form,
    canonical,
    choice,
    optional,
    read_fields,
    unchanged,
    write_fields,
)

type EndKind = Literal["published", "unchanged", "refused", "failed", "stopped", "busy", "cancelled"]
"""The first four are attempts that were kept. `stopped`: not tried, its input has been given up; `busy`: another
process was computing the board; `cancelled`: taken back while it ran."""

LONGEST = 2_000
"""Characters of a message at most."""
END_KINDS: tuple[str, ...] = get_args(EndKind.__value__)


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be computed; the same task done twice publishes once."""

    board: str
    as_of: datetime
    mode: Mode = "live"
    input: str = ""
    """Key of the input (`inputs.input_key`) where it is known; then it is left alone once it has been given up."""
    futures: int | None = None
    seed: int | None = None
    resample: bool = False
    accept_jump: bool = False
    keep_futures: bool = True
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Ended:
    """How a task ended."""

    kind: EndKind
    message: str
    """One line for a person."""
    code: int = 0
    """Exit code of a command that did nothing but this task."""
    snapshot: str | None = None
    """Id of what was published or found; when refused, of the last good snapshot."""
    gates: tuple[Mapping[str, Any], ...] = field(default=())
    """As far as they were measured: plain JSON values."""

    @property
    def succeeded(self) -> bool:
        """Whether the board's numbers are those of its input now."""
        return self.kind in {"published", "unchanged"}


def _read_seed(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError("a whole number from 0 to 2^63 - 1 is needed")
    return value


def _read_objects(value: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise TypeError("a list of objects is needed")
    return tuple(value)


_TASK = {
    "board": ID,
    "as_of": INSTANT,
    "mode": choice(("live", "retrospective")),
    "input": TEXT,
    "futures": optional(COUNT),
    "seed": optional(unchanged(_read_seed)),
    "resample": FLAG,
    "accept_jump": FLAG,
    "keep_futures": FLAG,
    "threads": COUNT,
}
_ENDED = {
    "kind": choice(END_KINDS),
    "message": TEXT,
    "code": COUNT,
    "snapshot": optional(TEXT),
    "gates": Form(lambda values: [dict(v) for v in values], _read_objects),
}


def task_values(task: Task) -> dict[str, Any]:
    """Return a task as plain JSON values."""
    return write_fields(task, _TASK)


def read_task(value: object) -> Task:
    """Return the task of plain JSON values; raises TypeError or ValueError naming the field and what is allowed."""
    found: Task = read_fields(value, Task, _TASK)
    return found


def ended_values(ended: Ended) -> dict[str, Any]:
    """Return an ending as plain JSON values."""
    return write_fields(ended, _ENDED)


def read_ended(value: object) -> Ended:
    """Return the ending of plain JSON values; raises TypeError or ValueError naming the field and what is allowed."""
    found: Ended = read_fields(value, Ended, _ENDED)
    return found


def plain_line(text: str) -> str:
    """Return a message as one printable line of at most `LONGEST` characters, as every store and log can keep it."""
    flat = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 3] + "..."


def line(**values: Any) -> bytes:
    """Return one line of the conversation between a process and its child."""
    return canonical(values).encode("utf-8") + b"\n"
