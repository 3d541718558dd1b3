"""Nothing that comes from a file, a form or a socket is ever unpickled: not in our sources, and not when they run."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs import small_home
from tests.security.sources import ROOT, imported, name, trees

CAN_RUN_CODE = frozenset(
    {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "yaml", "ruamel", "torch"}
)
"""Modules whose readers run what they read."""
READERS = frozenset({"read_pickle", "to_pickle", "load_module", "unsafe_load"})
OWN_PROCESSES = {name: {"multiprocessing"} for name in ("forecasts/backfill.py", "forecasts/side_by_side.py")}
"""Where a process hands work to one that it has started itself: both ends of that pipe are this program."""


def suspicious(path: str, tree: ast.AST) -> list[str]:
    """Return what a source imports or calls that could run what it reads."""
    loaded = {module.partition(".")[0] for module in imported(tree)}
    found = sorted(loaded & CAN_RUN_CODE) + sorted(loaded & {"multiprocessing"} - OWN_PROCESSES.get(path, set()))
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        of_numpy = getattr(receiver, "id", "") in {"np", "numpy"} and name(call) in {"load", "fromfile"}
        of_python = isinstance(call.func, ast.Name) and name(call) in {"exec", "eval", "compile", "__import__"}
        if of_numpy or of_python or name(call) in READERS:
            found.append(f"line {call.lineno}: {name(call)}")
    return found


def test_no_source_reads_what_could_run() -> None:
    assert len(trees()) > 250
    assert {path: found for path, tree in trees().items() if (found := suspicious(path, tree))} == {}
    bad = ast.parse("import pickle\nimport numpy as np\nnp.load('x')\neval('1')\npd.read_pickle('x')\n")
    assert suspicious("x.py", bad) == ["pickle", "line 3: load", "line 4: eval", "line 5: read_pickle"]


WATCH = """
import json, sys, traceback
seen = []
def watch(event, arguments):
    if event == "pickle.find_class":
        stack = [f.filename for f in traceback.extract_stack()]
        seen.append([".".join(map(str, arguments)), [f for f in stack if "pickle" not in f][-12:]])
sys.addaudithook(watch)
import pickle
pickle.loads(pickle.dumps(json.JSONDecodeError))
assert seen, "the hook sees nothing"
seen.clear()
"""
COMMANDS = """
from app.cli import cli
from app.session import Session
from click.testing import CliRunner
import os
for arguments in json.loads(sys.argv[1]):
    done = CliRunner().invoke(cli, arguments, obj=Session.of_process())
    assert done.exit_code in (0, 2, 3), (arguments, done.output)
print(json.dumps(seen))
"""
OF_COMPILED_CODE = ("numba/core/caching.py", "numba/core/serialize.py", "numba/core/types/abstract.py")
"""Numba keeps machine code in TWIXT_CACHE, which nobody else can write (`forecasts.settings.is_ours`)."""


@pytest.mark.slow
def test_no_command_unpickles_anything_but_its_own_compiled_code(tmp_path: Path) -> None:
    home = small_home.open_home(tmp_path / "home")
    home.store.close()
    table = tmp_path / "forecasts.csv"
    table.write_text("question,probability,outcome\na,0.4,1\nb,0.2,0\n")
    record = tmp_path / "record.jsonl"
    commands = [
        ["refit"],
        ["status", "--json"],
        ["evidence", "list"],
        ["export", "ledger", str(record)],
        ["score", str(table)],
        ["whatif", "--see", "truce by 2028-12-31"],
        ["import", "ledger", str(record)],
    ]
    done = subprocess.run(
        [sys.executable, "-c", WATCH + COMMANDS, json.dumps(commands)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TWIXT_HOME": str(tmp_path / "home"), "TWIXT_DB": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    strange = [what for what, stack in seen if not any(f.endswith(OF_COMPILED_CODE) for f in stack)]
    assert strange == []
