"""`twixt import forecasts`: what others forecast of our questions, from files of their sites."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from app.commands.common import common, examples, refuse
from app.commands.import_told import document, lines
from app.failures import CommandError
from app.session import Session
from app.terminal import print_json

if TYPE_CHECKING:
    from datetime import datetime

    from forecasts.exchange.import_report import Choices
    from forecasts.exchange.outside import Reading
    from forecasts.replay import Moment

FORMATS = (
    "metaculus",
    "manifold",
    "polymarket",
    "kalshi",
    "fatebook",
    "predictionbook",
    "forecastbench",
    "lines",
)


class Given(NamedTuple):
    """The files of one import, read."""

    files: tuple[dict[str, Any], ...]
    """Name, bytes and SHA-256 of each."""
    reading: Reading


@click.command(
    "forecasts",
    short_help="Forecasts from files of other sites.",
    epilog=examples(
        "twixt import forecasts export.zip --format metaculus        # what is in it; nothing is written",
        "twixt import forecasts 2026-01-18-llm.json --format forecastbench --find ukraine",
        "twixt import forecasts export.zip --format metaculus --map 12345=ceasefire@2026-12-31 --write",
        "twixt import forecasts markets.json bets.json --format manifold --mapping ours.csv --write",
        "twixt import forecasts market.json --format kalshi --saved 2026-07-01T09:30:00Z --map KXPAX-26=pax@2026-12-31",
    ),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "kind", required=True, type=click.Choice(FORMATS), help="Whose files they are.")
@click.option(
    "--map", "typed", multiple=True, metavar="THEIRS=QUESTION@DEADLINE", help="Which of theirs is which of ours."
)
@click.option("--mapping", metavar="FILE", type=click.Path(path_type=Path), help="The same as a CSV table.")
@click.option("--saved", metavar="INSTANT", help="When the files were saved: the time of prices that have none.")
@click.option(
    "--every", type=click.Choice(("day", "change")), default="day", show_default=True, help="How many of a voice."
)
@click.option(
    "--voices", type=click.Choice(("all", "crowd", "people")), default="all", show_default=True, help="Whose."
)
@click.option("--name", "named", multiple=True, metavar="VOICE=NAME", help="Name the series of a voice of the files.")
@click.option("--find", default="", metavar="WORDS", help="List their questions with these words in the title.")
@click.option("--all-questions", is_flag=True, help="Also keep their questions that are none of ours.")
@click.option("--write", is_flag=True, help="Write what is taken; without it the report is all.")
@common
def command(
    session: Session,
    files: tuple[Path, ...],
    *,
    kind: str,
    typed: tuple[str, ...],
    mapping: Path | None,
    saved: str | None,
    every: str,
    voices: str,
    named: tuple[str, ...],
    find: str,
    all_questions: bool,
    write: bool,
    board_id: str | None,
    as_json: bool,
) -> None:
    """Read FILES of one format and report what they hold, what is taken and what is left out, with the reason.

    Only forecasts of questions that --map or --mapping names are taken, as series of crowd:FORMAT; each question keeps
    its site's own criteria and licence beside ours (`twixt import questions`). With --write all that is taken enters
    the record in one step, or nothing does. Nothing is fetched from anywhere. docs/exchange.md describes the formats.
    """
    from forecasts.exchange import import_report, import_write, outside_store
    from forecasts.people import LOCAL_OWNER

    choices = _choices(every, voices, named, all_questions=all_questions)
    moment = session.moment(board_id)
    given = _read(files, kind, _saved(saved, session.now))
    _check_voices(choices, given.reading)
    pairs, notes = _pairs(typed, mapping, given.reading, moment)
    store = session.workspace().store
    known = [k.question for k in outside_store.newest(store, moment.board.id)]
    report = import_report.prepare(
        kind, given.reading, pairs, choices, board=moment.board, view=moment.view, known=known, now=session.now
    )
    entries = (
        import_write.write(store, report, board=moment.board.id, actor=LOCAL_OWNER, now=session.now) if write else ()
    )
    written = [e.entry for e in entries] if write else None
    if as_json:
        print_json(document(report, given.files, notes, written=written))
        return
    for line in lines(report, notes, find=find, written=written):
        click.echo(line)


def _choices(every: Any, voices: Any, named: tuple[str, ...], *, all_questions: bool) -> Choices:
    from forecasts.exchange.import_report import Choices
    from forecasts.fields import shown
    from forecasts.forecast_entry import crowd_id

    names = {}
    for text in named:
        voice, equals, name = text.rpartition("=")
        if not equals:
            raise CommandError(f"--name: {shown(text)}: VOICE=NAME is needed, for example 'Ann Example=ann'")
        try:
            names[voice.strip()] = crowd_id(name.strip()).partition(":")[2]
        except ValueError as error:
            raise CommandError(f"--name: {error}") from None
    if len(set(names.values())) < len(names):
        raise CommandError("--name: two voices have one name; each needs its own series")
    return Choices(every, voices, names, all_questions)


def _check_voices(choices: Choices, reading: Reading) -> None:
    """Refuse a name for a voice that the files do not hold."""
    from difflib import get_close_matches

    from forecasts.fields import shown

    known = {forecast.voice for forecast in reading.forecasts}
    for voice in (choices.names or {}).keys() - known:
        near = get_close_matches(voice[:100], sorted(known)[:5_000], 3)
        hint = f"did you mean {' or '.join(map(shown, near))}?" if near else f"they hold {len(known)} voices"
        raise CommandError(f"--name: the files hold no voice {shown(voice)}; {hint}")


def _saved(text: str | None, now: datetime) -> datetime | None:
    from forecasts.forecast_entry import read_instant

    if text is None:
        return None
    try:
        return read_instant(text, now=now)
    except ValueError as error:
        raise CommandError(f"--saved: {error}") from None


def _read(files: tuple[Path, ...], kind: str, saved_at: datetime | None) -> Given:
    from forecasts.exchange import formats
    from forecasts.exchange.outside import merged, placed
    from forecasts.exchange.safe_reading import read_file

    told, readings = [], []
    for path in files:
        content = read_file(path)
        told.append({"name": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
        reading = formats.read(kind, content, path.name, saved_at=saved_at)
        readings.append(placed(reading, path.name) if len(files) > 1 else reading)
    return Given(tuple(told), merged(readings))


def _pairs(
    typed: tuple[str, ...], mapping: Path | None, reading: Reading, moment: Moment
) -> tuple[dict[str, Any], tuple[str, ...]]:
    from forecasts.exchange import import_mapping
    from forecasts.exchange.safe_reading import read_file, text_of

    lines, problems = import_mapping.typed(typed)
    if mapping is not None:
        lines += import_mapping.listed(text_of(read_file(mapping), mapping.name), mapping.name)
    found, more, notes = import_mapping.matched(lines, reading, moment.board)
    refuse([*problems, *more], _option)
    return found, notes


def _option(field: str) -> str:
    return "--map" if field == "map" else f"--mapping: {field}"
