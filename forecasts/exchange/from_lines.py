"""twixt lines, the program's own JSON Lines (`own_lines`), read as forecasts of another board or another program."""

from datetime import datetime

from forecasts.exchange import outside_values as values
from forecasts.exchange.outside import Gathering, OutsideQuestion, Reading
from forecasts.exchange.own_lines import Asked, Came, Lines, LinesError, Said
from forecasts.exchange.own_lines import read as read_lines
from forecasts.exchange.safe_reading import UnsafeFileError, json_lines_of, text_of
from forecasts.instants import end_of_day, start_of_day

SOURCE = "lines"
SITE = "twixt lines"
NO_LICENCE = "none stated"


def read(content: bytes, name: str) -> Reading:
    """Read one file.

    Raises
    ------
    UnsafeFileError
        When it is no file of twixt lines, of an unknown format, cut off, or not safe to read.
    """
    try:
        lines, mistakes = read_lines(json_lines_of(text_of(content, name), name))
    except LinesError as error:
        raise UnsafeFileError(f"{name}: {error}") from None
    found = Gathering()
    for mistake in mistakes:
        found.skip("a line that cannot be read", f"line {mistake.line}: {mistake.message}")
    came = {(o.question, o.deadline): o for o in lines.outcomes}
    for asked in lines.questions:
        for deadline in asked.deadlines:
            at = end_of_day(deadline)
            found.ask(_question(lines, asked, at, came.get((asked.id, deadline))), place=asked.id)
    for number, said in enumerate(lines.forecasts, 1):
        _say(found, lines, said, f"forecast {number}")
    return found.reading()


def _question(lines: Lines, asked: Asked, closes_at: datetime, came: Came | None) -> OutsideQuestion:
    return OutsideQuestion(
        source=SOURCE,
        id=_id(lines, asked.id, closes_at),
        title=values.line(asked.title),
        criteria=values.text("\n\n".join(filter(None, (asked.criteria, asked.resolution_source)))),
        url=values.address(asked.url),
        opened_at=start_of_day(asked.opens),
        closes_at=closes_at,
        resolved_at=start_of_day(came.on) if came else None,
        outcome=came.outcome if came else None,  # type: ignore[arg-type]
        licence=values.line(lines.licence) or NO_LICENCE,
    )


def _id(lines: Lines, question: str, deadline: datetime) -> str:
    return f"{values.line(lines.source, limit=60)}/{question}/{deadline:%Y-%m-%d}"


def _say(found: Gathering, lines: Lines, said: Said, place: str) -> None:
    if said.mode != "live":
        found.skip("made with hindsight", place)
        return
    outside = _id(lines, said.question, end_of_day(said.deadline))
    voice = f"{values.line(lines.source, limit=60)} {said.forecaster}"
    if said.probability is None:
        found.withdraw(outside, said.at, place=place, voice=voice)
    else:
        found.say(outside, said.probability, said.at, place=place, voice=voice)
