"""Drawing every page loads no sampler: nothing the app imports to show or preview numbers imports PyMC or ArviZ."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = ("pymc", "pytensor", "arviz", "arviz_stats", "arviz_base", "xarray", "nutpie", "scipy.stats")

DRAW = """
import json, sys
from streamlit.testing.v1 import AppTest
for name in ("board", "question", "rearmament", "add_evidence", "runs", "diagnostics"):
    test = AppTest.from_string(f"from app.pages import {name}\\n{name}.render()", default_timeout=60).run()
    assert not test.exception, test.exception
    assert test.title, name
print(json.dumps(sorted(sys.modules)))
"""


def loaded(script: str, home) -> set[str]:
    """Return the modules that a new process has loaded at the end of a script."""
    environment = os.environ | {"TWIXT_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_no_page_loads_a_sampler(small):
    modules = loaded(DRAW, small.artefacts.root.parent)
    assert "forecasts.preview" in modules, "the form could preview"
    assert not modules & set(HEAVY)


@pytest.mark.parametrize("module", ["app.charts", "app.charts_of_moves", "app.spec", "app.look", "app.marks"])
def test_charts_and_marks_are_pure(module, tmp_path):
    modules = loaded(f"import json, sys, {module}\nprint(json.dumps(sorted(sys.modules)))", tmp_path)
    assert not modules & {"streamlit", "sqlalchemy", "numba", *HEAVY}
    assert not list(tmp_path.iterdir()), "importing a chart writes nothing"
