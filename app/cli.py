"""The command line: `twixt COMMAND`. Commands are loaded when they are asked for, so that every start is quick."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any, override

import click

from app.failures import BAD_INPUT, INTERRUPTED, OK, explain_failure, one_line
from app.lazy import LazyGroup
from app.session import Session

COMMANDS = {
    "app": "app.commands.serve",
    "init": "app.commands.init",
    "check": "app.commands.check",
    "refit": "app.commands.refit",
    "backfill": "app.commands.backfill",
    "worker": "app.commands.worker",
    "jobs": "app.commands.jobs",
    "schedule": "app.commands.schedule",
    "status": "app.commands.status",
    "explain": "app.commands.explain",
    "diagnose": "app.commands.diagnose",
    "whatif": "app.commands.whatif",
    "evidence": "app.commands.evidence",
    "forecast": "app.commands.forecast",
    "statement": "app.commands.statement",
    "observe": "app.commands.observe",
    "people": "app.commands.people",
    "alerts": "app.commands.alerts",
    "occurred": "app.commands.occurred",
    "confirm": "app.commands.confirm",
    "resolve": "app.commands.resolve",
    "score": "app.commands.score",
    "calibrate": "app.commands.calibrate",
    "board": "app.commands.board",
    "backtest": "app.commands.backtest",
    "publish": "app.commands.publish",
    "export": "app.commands.export",
    "import": "app.commands.imports",
    "backup": "app.commands.backup",
    "verify": "app.commands.verify",
    "restore": "app.commands.restore",
    "move": "app.commands.move",
    "doctor": "app.commands.doctor",
}
"""Each command's module; the module's `command` is what runs."""


class Twixt(LazyGroup):
    """The root: turns every way in which a command can end into one line and an exit code."""

    @override
    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        session = extra.pop("obj", None) or Session.of_process()
        try:
            code = self._run(args, session, {"prog_name": prog_name or "twixt", "complete_var": complete_var, **extra})
        finally:
            session.close()
        sys.exit(code)

    def _run(self, args: Sequence[str] | None, session: Session, settings: dict[str, Any]) -> int:
        """Run a command and return its exit code; nothing is raised but what ends the process on purpose."""
        try:
            ended = super().main(args, standalone_mode=False, obj=session, **settings)
        except click.Abort:
            return INTERRUPTED
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return BAD_INPUT
        except click.ClickException as error:
            return _complain(_usage(error), BAD_INPUT)
        except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a person
            return _complain(*explain_failure(error, logs=session.logs, now=session.now))
        return ended if isinstance(ended, int) else OK


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    where = f"{context.command_path}: " if context else ""
    return one_line(f"{where}{error.format_message()}")


def _complain(line: str, code: int) -> int:
    click.echo(line, err=True)
    return code


@click.group(
    "twixt",
    cls=Twixt,
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="\b\nExamples:\n"
    "  twixt app                  # the shipped board in the browser\n"
    "  twixt status               # every question and scenario on one screen\n"
    "  twixt evidence preview -h  # what would a report change?\n\n"
    "Exit codes: 0 ok, 2 bad input, 3 a gate refused or the board is stale, 4 too little precision.",
)
@click.version_option(package_name="twixt", message="%(prog)s %(version)s")
def cli() -> None:
    """Track the probability of things that may or may not happen.

    A board is a set of coupled questions. Evidence goes in, every question's probability comes out; everything is
    computed from an append-only record and kept as it was issued.
    """


def main() -> None:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    cli()


if __name__ == "__main__":
    main()
