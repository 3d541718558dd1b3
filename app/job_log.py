"""What unattended processes say on stderr: a line for a person, or a line of JSON for whoever collects logs."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import IO, Literal, get_args

from app.failures import one_line

Form = Literal["text", "json"]
FORMS: tuple[str, ...] = get_args(Form)

Level = Literal["info", "warning", "error"]


class JobLog:
    """Writes one line for each event; nothing that a board or a library says can break a line in two."""

    def __init__(self, stream: IO[str], *, form: str, clock: Callable[[], datetime]) -> None:
        self._stream = stream
        self._json = form == "json"
        self._clock = clock

    def __call__(self, event: str, message: str, *, level: Level = "info", **values: object) -> None:
        """Write one event.

        Parameters
        ----------
        event
            Its name, for machines.
        message
            One line for a person.
        level
            How bad it is.
        values
            What belongs to it: plain JSON values and instants.
        """
        at = self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._json:
            plain = {"at": at, "level": level, "event": event, "message": one_line(message)}
            text = json.dumps(plain | values, ensure_ascii=True, allow_nan=False, default=_plain)
        else:
            text = one_line(f"{at} {message}" if level == "info" else f"{at} {level}: {message}")
        self._stream.write(text + "\n")
        self._stream.flush()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
