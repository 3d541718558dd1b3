"""`twixt doctor`: whether everything works here, and a bundle for those who help when it does not."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.common import examples, json_option, with_session
from app.failures import BAD_INPUT, OK, one_line
from app.session import Session
from app.terminal import print_json, table


@click.command(
    "doctor",
    short_help="Does everything work here?",
    epilog=examples("twixt doctor", "twixt doctor --json", "twixt doctor --bundle for-support.zip"),
)
@click.option("--bundle", metavar="FILE", help="Also write a redacted file for those who help.")
@json_option
@with_session
def command(session: Session, bundle: str | None, *, as_json: bool) -> int:
    """Look at versions, home, disk, memory, cache, login, database, clock, boards and backups; nothing is changed.

    Exit code 2 when something does not work. The bundle has these lines, versions, counts of rows, how runs ended and
    the last error reports; names, addresses, secrets, links and places are taken out, and no row of the record is in
    it. Read it before you send it.
    """
    from app.doctor.checkup import Place, checkup

    findings = checkup(Place(session.environment, session.now))
    written: list[str] = []
    if bundle is not None:
        from app.doctor import bundle as bundles

        written = bundles.write(Path(bundle).absolute(), findings, session.environment, now=session.now)
    bad = [f for f in findings if f.state == "fail"]
    if as_json:
        lines = [{"subject": f.subject, "state": f.state, "text": f.text} for f in findings]
        print_json({"ok": not bad, "findings": lines, "bundle": bundle, "members": written})
    else:
        click.echo(table(("", "", ""), [(f.state, f.subject, one_line(f.text)) for f in findings]).lstrip("\n"))
        if bundle is not None:
            click.echo(f"{bundle}: {', '.join(written)}; read it before you send it")
    if bad:
        click.echo(one_line(f"{len(bad)} to mend; {bad[0].subject}: {bad[0].text}"), err=True)
    return BAD_INPUT if bad else OK
