"""Run every benchmark side by side and keep the record: `make bench`.

Each module `benchmarks/<name>_speed.py` has `rows() -> list[dict]` with the keys name, value, unit, bar and ok (bar and
ok None where the figure is only reported). A figure is compared with its bar or its rival in the same run, never with
another day's. Where a module has `rows(only)`, `--rows` measures those that match a regular expression and keeps the
others as they were recorded: `make bench ARGS="fits_speed --rows 'senate|three'"`.
"""

import argparse
import importlib
import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD = HERE / "record.json"
LIBRARIES = ("numpy", "numba", "pymc", "polars", "streamlit", "sqlalchemy", "pgmpy")


def names() -> list[str]:
    """Return the benchmark modules, in order."""
    return sorted(p.stem for p in HERE.glob("*_speed.py"))


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    versions = {name: metadata.version(name) for name in LIBRARIES}
    return {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system(), **versions}


def show(row: dict[str, object]) -> str:
    """Return one line of the table."""
    bar = "" if row["bar"] is None else f"bar {row['bar']}"
    verdict = {True: "met", False: "NOT MET", None: ""}[row["ok"]]  # type: ignore[index]
    return f"{row['name']:<72} {row['value']:>10.4g} {row['unit']:<12} {bar:<14} {verdict}"


def main() -> int:
    """Run the benchmarks named (all by default), print the table, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", choices=[[], *names()], help="benchmarks to run (default: all)")
    parser.add_argument("--rows", metavar="REGEX", default="", help="only rows that match, of one benchmark")
    asked = parser.parse_args()
    chosen = asked.only or names()
    if asked.rows and len(chosen) != 1:
        parser.error("--rows: name one benchmark")
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {"benchmarks": {}}
    missed = 0
    for name in chosen:
        benchmark = importlib.import_module(f"benchmarks.{name}")
        rows = benchmark.rows(asked.rows) if asked.rows else benchmark.rows()
        print(*map(show, rows), sep="\n", flush=True)
        missed += sum(row["ok"] is False for row in rows)
        before = record["benchmarks"].get(name, {"rows": []})["rows"] if asked.rows else []
        measured = {row["name"] for row in rows}
        kept = [row for row in before if row["name"] not in measured]
        record["benchmarks"][name] = {"measured_on": f"{datetime.now(UTC):%Y-%m-%d}", "rows": kept + rows}
    record["machine"] = machine()
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{missed} bars not met", file=sys.stderr)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
