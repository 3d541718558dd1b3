"""Whatever stands on a command line: the command does it, or says in one line why not and writes nothing."""

import random
from collections.abc import Iterator

import click
import pytest

from app.cli import cli
from tests.cli.conftest import Place, complaint, run_at
from tests.security.test_form_fuzz import TYPED
from tests.security.within import within

OF_WORDS = (
    "evidence",
    "forecast",
    "statement",
    "people",
    "whatif",
    "occurred",
    "confirm",
    "resolve",
    "status",
    "explain",
)
"""Groups and commands that read words and write to the record only: none that writes files or runs models."""
SLOW_OR_ELSEWHERE = {("whatif", "fill")}
LINES = 6
"""Command lines of each command."""
GOOD = (
    "ceasefire",
    "settlement",
    "2027-12-31",
    "2026-06-30",
    "2026-01-01",
    "no",
    "yes",
    "1.5",
    "B2",
    "fact",
    "E021",
    "talks",
)
ODD = tuple(t for t in TYPED if "\x00" not in t and len(t) < 5_000)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))
        elif found is not None:
            yield (*path, name), found


LEAVES = {path: c for path, c in commands(cli) if path[0] in OF_WORDS and path not in SLOW_OR_ELSEWHERE}


def words(draw: random.Random) -> str:
    text = draw.choice(GOOD) if draw.random() < 0.6 else draw.choice(ODD)
    return text.encode("utf-8", "ignore").decode()


def line(path: tuple[str, ...], command: click.Command, draw: random.Random) -> list[str]:
    """Return a command line: its arguments, and most of its options, with words that may be right or are not."""
    found = list(path)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            if parameter.name in {"help", "board_id"} or draw.random() < 0.35:
                continue
            found += [parameter.opts[0]] if parameter.is_flag else [f"{parameter.opts[0]}={words(draw)}"]
        elif draw.random() < 0.9:
            found.append(words(draw))
    return found


def test_most_commands_are_tried() -> None:
    assert len(LEAVES) > 20


@pytest.mark.slow
@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_a_command_line_is_done_or_refused_in_one_line(home: Place, path: tuple[str, ...]) -> None:
    draw = random.Random(" ".join(path))
    for _ in range(LINES):
        arguments, before = line(path, LEAVES[path], draw), home.contents()
        with within(10.0):
            result = run_at(home, *arguments)
        assert result.exit_code in {0, 2, 3, 4}, (arguments, result.output, result.exception)
        if result.exit_code != 0:
            assert "Traceback" not in result.output
            assert home.contents() == before, arguments
        if result.exit_code == 2 and "Usage:" not in result.stderr:
            complaint(result)
