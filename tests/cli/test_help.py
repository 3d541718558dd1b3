"""Every command explains itself: help with an example, `--json` and `--board` where it does something."""

import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from app.cli import cli
from tests.cli.conftest import ROOT


def commands(
    group: click.Group, context: click.Context, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, context, (*path, name))


ALL = dict(commands(cli, click.Context(cli)))
LEAVES = {path: command for path, command in ALL.items() if not isinstance(command, click.Group)}
OF_NO_BOARD = {"people", "worker", "backup", "verify", "restore", "move", "doctor"}
"""What these commands change belongs to no single board."""


def test_the_commands_of_the_issue_are_there() -> None:
    names = {" ".join(path) for path in LEAVES}
    wanted = ["init", "check", "refit", "backfill", "status", "explain", "occurred", "confirm", "resolve", "app"]
    assert {*wanted, "board new", *(f"evidence {c}" for c in ("add", "list", "preview", "retract"))} <= names


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_a_command_has_json_a_board_and_an_example_that_parses(path: tuple[str, ...]) -> None:
    command = LEAVES[path]
    options = {name for p in command.params if isinstance(p, click.Option) for name in p.opts}
    assert "--json" in options
    assert ("--board" in options) is (path[0] not in OF_NO_BOARD)
    assert command.short_help
    assert command.epilog
    assert f"twixt {' '.join(path)}" in command.epilog
    for line in _examples(command.epilog):
        used = {word.partition("=")[0] for word in line.split() if word.startswith("--")}
        assert used <= options, f"{path}: the example uses {used - options}"


def _examples(epilog: str) -> list[str]:
    joined = epilog.replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip().startswith("twixt ")]


@pytest.mark.parametrize("path", [(), *LEAVES], ids=lambda p: " ".join(p) or "twixt")
def test_an_example_can_be_pasted_as_it_stands(path: tuple[str, ...]) -> None:
    """What stands behind a command is a comment of the shell: every other word is taken by the command line."""
    for line in _examples((ALL[path] if path else cli).epilog or ""):
        group, words = cli, shlex.split(line.split(" | ")[0], comments=True)[1:]
        while words and isinstance(group, click.Group):
            found = group.get_command(click.Context(group), words.pop(0))
            assert found is not None, line
            group = found
        if not {"-h", "--help"} & set(words):
            group.make_context("twixt", words, parent=click.Context(cli, **cli.context_settings))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_shown(path: tuple[str, ...], flag: str) -> None:
    result = CliRunner().invoke(cli, [*path, flag])
    assert result.exit_code == 0, result.output
    assert f"Usage: twixt {' '.join(path)}" in result.stdout
    assert result.stderr == ""
    assert max(map(len, result.stdout.splitlines())) <= 132


def test_every_option_has_a_word_of_help() -> None:
    mute = [
        f"{' '.join(path)} {p.opts[0]}"
        for path, command in LEAVES.items()
        for p in command.params
        if isinstance(p, click.Option) and not p.help and not p.hidden
    ]
    assert not mute


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_docs_cli_md_describes_the_command_with_every_option(path: tuple[str, ...]) -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert f"\n## `twixt {' '.join(path)}" in text or f"\n### `twixt {' '.join(path)}" in text
    section = text.partition(f"# `twixt {' '.join(path)}")[2].partition("\n#")[0]
    assert "```" in section, "an example is missing"
    shared = {"--json", "--board"}
    options = {p.opts[-1] for p in LEAVES[path].params if isinstance(p, click.Option) and not p.hidden} - shared
    assert not [o for o in options if o not in section]
