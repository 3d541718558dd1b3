"""Children that behave badly, each a real process that speaks the protocol of `forecasts.jobs.serving`, or does not."""

import os
import sys
from pathlib import Path

from forecasts.jobs.child import Child, Limits

ROOT = Path(__file__).resolve().parents[2]
PLENTY = Limits(seconds=120.0, memory=8_000_000_000)

_READ = "import json, os, signal, subprocess, sys, time\nfor line in sys.stdin:\n    task = json.loads(line)['task']\n"
GOOD = {"kind": "published", "message": "done", "code": 0, "snapshot": None, "gates": []}


def program(*steps: str) -> tuple[str, ...]:
    """Return the command of a child that does these steps for every task; `task` is what it was handed."""
    return sys.executable, "-c", _READ + "".join(f"    {step}\n" for step in steps)


def says(value: str) -> str:
    """Return the step that says something, given as a Python expression."""
    return f"print(json.dumps({value}), flush=True)"


ENDS_WELL = says(f"{{'ended': {GOOD!r}}}")


def bad(*steps: str, limits: Limits = PLENTY) -> Child:
    """Return a child that does these steps for every task."""
    return Child(program(*steps), dict(os.environ), limits)


def real(home: Path, *, limits: Limits = PLENTY, **environment: str) -> Child:
    """Return the child that the commands start, at work in a home."""
    places = {"TWIXT_HOME": str(home), "TWIXT_DB": "", "TWIXT_CACHE": os.environ["TWIXT_CACHE"]}
    return Child((sys.executable, "-m", "app.job_child"), {**os.environ, **places, **environment}, limits)
