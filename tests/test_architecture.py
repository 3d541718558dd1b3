"""The rules of ARCHITECTURE.md that a reader could otherwise only hope for."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("models", "forecasts", "app")
MODULES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if "migrations" not in p.parts)
SOURCES = {str(p.relative_to(ROOT)): ast.parse(p.read_text(encoding="utf-8")) for p in MODULES}

MAY_IMPORT = {"models": {"models"}, "forecasts": {"models", "forecasts"}, "app": {"models", "forecasts", "app"}}
ONLY_IN = {"streamlit": "app", "altair": "app"} | dict.fromkeys(("pymc", "nutpie", "pytensor", "numba"), "models")
# the half of models that may import a sampler; all the rest is what pages and commands load to show or preview numbers
SAMPLED_HALF = {"sampling", "kept", "reference_class", "durability", "senate", "spending", "pooling", "readings"}
FAST_HALF = {p.stem for p in (ROOT / "models").glob("*.py")} - SAMPLED_HALF - {"__init__"}
SLOW_LIBRARIES = {"pymc", "pytensor", "arviz", "arviz_stats", "arviz_base", "pandas", "xarray", "nutpie"}
SAMPLED_REACHED_FROM = re.compile(r"forecasts/(recipe|\w+_fit|backtest_\w+)\.py")
READS_THE_CLOCK = {"now", "today", "utcnow"}


def imports(tree: ast.AST, *, for_types: bool = True) -> list[str]:
    """Return the absolute names that a module imports, wherever in it, or only those that are ever loaded."""
    names = []
    for node in ast.walk(tree) if for_types else loaded_nodes(tree):
        if isinstance(node, ast.Import):
            names += [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            names += [f"{node.module}.{a.name}" for a in node.names]
    return names


def loaded_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree, but not into `if TYPE_CHECKING:`."""
    yield tree
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from loaded_nodes(node)


def package(name: str) -> str:
    return name.replace("/", ".").partition(".")[0]


@pytest.mark.parametrize("path", SOURCES)
def test_imports_go_one_way(path: str) -> None:
    allowed = MAY_IMPORT[package(path)]
    wrong = [n for n in imports(SOURCES[path]) if package(n) in PACKAGES and package(n) not in allowed]
    assert not wrong, f"{path} imports upwards: {wrong}"


@pytest.mark.parametrize("path", SOURCES)
def test_a_library_stays_in_its_room(path: str) -> None:
    loaded = imports(SOURCES[path], for_types=False)
    wrong = [n for n in loaded if ONLY_IN.get(package(n), package(path)) != package(path)]
    assert not wrong, f"{path} imports {wrong}; allowed only in {ONLY_IN}"


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    known = {path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in SOURCES}
    graph = {}
    for path, tree in SOURCES.items():
        targets = {n if n in known else n.rpartition(".")[0] for n in imports(tree)}
        graph[path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")] = targets & known
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module not in done:
            for target in sorted(graph[module] - {module}):
                visit(target, (*trail, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


@pytest.mark.parametrize("path", [p for p in SOURCES if package(p) == "models"])
def test_models_know_no_file_no_clock_and_no_database(path: str) -> None:
    forbidden = {"os", "pathlib", "io", "sqlite3", "sqlalchemy", "datetime", "time", "polars", "tomllib", "json"}
    wrong = [n for n in imports(SOURCES[path]) if package(n) in forbidden]
    assert not wrong, f"{path} imports {wrong}"


@pytest.mark.parametrize("path", [p for p in SOURCES if package(p) == "forecasts"])
def test_only_fits_and_their_tests_on_the_past_reach_a_sampled_model(path: str) -> None:
    loaded = [n for n in imports(SOURCES[path], for_types=False) if package(n) == "models" and n != "models"]
    sampled = [n for n in loaded if n.split(".")[1] in SAMPLED_HALF]
    assert not sampled or SAMPLED_REACHED_FROM.fullmatch(path), f"{path} imports {sampled}"


@pytest.mark.parametrize("path", [p for p in SOURCES if package(p) != "app"])
def test_nothing_below_the_surface_reads_the_clock(path: str) -> None:
    calls = [n for n in ast.walk(SOURCES[path]) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    wrong = [f"line {c.lineno}: {ast.unparse(c)}" for c in calls if c.func.attr in READS_THE_CLOCK]
    assert not wrong, f"{path} reads the clock: {wrong}"


@pytest.mark.parametrize("path", SOURCES)
def test_no_pickle_and_no_yaml(path: str) -> None:
    wrong = [n for n in imports(SOURCES[path]) if package(n) in {"pickle", "cloudpickle", "dill", "joblib", "yaml"}]
    assert not wrong, f"{path} imports {wrong}"
    unpickling = [k for k in ast.walk(SOURCES[path]) if isinstance(k, ast.keyword) and k.arg == "allow_pickle"]
    assert all(isinstance(k.value, ast.Constant) and k.value.value is False for k in unpickling)


@pytest.mark.parametrize("path", SOURCES)
def test_modules_and_functions_stay_small(path: str) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= 400, f"{path} has {lines} lines (400 at most): does it hold one idea?"
    functions = [n for n in ast.walk(SOURCES[path]) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f"{f.name}: {body_lines(f)}" for f in functions if body_lines(f) > 60]
    assert not long, f"{path} has functions over 60 lines: {long}"


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    first = function.body[0]
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    length = (function.end_lineno or 0) - function.lineno + 1
    return length - ((first.end_lineno or 0) - first.lineno + 1 if docstring else 0)


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"import sys; {statement}; print('\\n'.join(m for m in sys.modules if '.' not in m))"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ,
        check=True,
    )
    return set(run.stdout.split())


def test_what_the_app_loads_to_show_and_preview_samples_nothing() -> None:
    pages = [
        p.removesuffix(".py").replace("/", ".")
        for p in SOURCES
        if package(p) == "app" and not p.endswith("__init__.py")
    ]
    pages.remove("app.main")
    loaded = loaded_by(f"import {', '.join(pages)}, forecasts.preview, forecasts.status")
    assert "streamlit" in loaded, "the check looked at nothing"
    assert not loaded & {"pymc", "pytensor", "arviz"}


def test_the_fast_half_of_models_is_numpy_and_numba() -> None:
    loaded = loaded_by(f"import {', '.join(f'models.{m}' for m in sorted(FAST_HALF))}")
    assert "numba" in loaded
    assert not loaded & (SLOW_LIBRARIES | {"polars", "sqlalchemy"})


def test_the_lock_has_hashes_and_names_no_registry() -> None:
    for path in ROOT.glob("requirements*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text, path.name
        assert "index" not in text.split("==")[0], path.name


def test_every_module_is_in_the_map_of_architecture_md() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    missing = [p for p in SOURCES if not p.endswith("__init__.py") and f"`{p}`" not in text]
    assert not missing, f"ARCHITECTURE.md has no line for {missing}"
    named = {w for w in text.split("`") if w.endswith(".py") and package(w) in PACKAGES and "*" not in w}
    assert not named - set(SOURCES), f"ARCHITECTURE.md names modules that do not exist: {named - set(SOURCES)}"


def test_every_dependency_has_its_line_in_architecture_md() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"].values()
    wanted = [*project["project"]["dependencies"], *(name for group in groups for name in group)]
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    names = [w.split(">=")[0].split("[")[0] for w in wanted]
    assert not [n for n in names if f"**{n}**" not in text]
