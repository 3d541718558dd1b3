"""A group of commands that are imported when they are named, so that every start is quick."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, override

import click


class LazyGroup(click.Group):
    """Commands by name; each module's `command` is what runs."""

    def __init__(self, *, modules: Mapping[str, str], **settings: Any) -> None:
        super().__init__(**settings)
        self.modules = modules

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.modules)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = self.modules.get(cmd_name)
        command = import_module(module).command if module else None
        return command if isinstance(command, click.Command) else None
