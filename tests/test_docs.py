"""The documents stay true: every command, page and kind of question is described, and every link leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest

from app.cli import cli
from forecasts.definition import EdgeKind, QuestionKind

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)")


def commands(command: click.Command, words: tuple[str, ...] = ("twixt",)) -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name."""
    if not isinstance(command, click.Group):
        yield " ".join(words), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*words, name))


COMMANDS = dict(commands(cli))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_an_example(name: str) -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert re.search(rf"^#+ .*`{name}[ `]", text, re.MULTILINE), f"docs/cli.md has no heading for `{name}`"
    assert re.search(rf"^{name}( |$)", text, re.MULTILINE), f"docs/cli.md shows no example of `{name}`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_documented(name: str) -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    options = {
        o
        for p in COMMANDS[name].params
        if isinstance(p, click.Option) and not p.hidden
        for o in p.opts
        if o.startswith("--")
    }
    assert not {o for o in options if o not in text}


@pytest.mark.parametrize(
    "page", sorted(p.stem for p in (ROOT / "app" / "pages").glob("*.py") if "\ndef render(" in p.read_text())
)
def test_every_page_is_in_the_readme(page: str) -> None:
    assert f"*{page.replace('_', ' ').capitalize()}*" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [*get_args(QuestionKind), *get_args(EdgeKind)])
def test_every_kind_of_question_and_edge_is_documented(kind: str) -> None:
    assert f"`{kind}`" in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert kind in (ROOT / "docs" / "new-board.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    local = [t for t in targets if not t.startswith(("http://", "https://"))]
    assert not [t for t in local if not (document.parent / t).exists()]


def test_make_targets_in_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named
    assert named <= targets
