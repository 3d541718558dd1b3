"""What an export tells the person: the board, the folder, each file with its size, and what else is to be known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from app.terminal import print_json, table


def report(
    board: str,
    folder: str,
    sizes: Mapping[str, int],
    *,
    as_json: bool,
    more: Mapping[str, Any] | None = None,
    remarks: tuple[str, ...] = (),
) -> None:
    """Print what was written.

    Parameters
    ----------
    board, folder, sizes
        Of what, where, and the size in bytes of each file.
    as_json
        One JSON document with `board`, `folder` and `files`, instead of lines.
    more
        Further values of that document.
    remarks
        Further lines for a person.
    """
    if as_json:
        print_json({"board": board, "folder": folder, "files": dict(sizes), **(more or {})})
        return
    click.echo(table(("file", "bytes"), [(name, f"{size:,}") for name, size in sizes.items()], right="1"))
    for line in remarks:
        click.echo(line)
    click.echo(f"{board}: {len(sizes)} files in {folder}")
