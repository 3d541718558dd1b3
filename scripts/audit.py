"""Compare every locked package with a database of known weaknesses: `make audit`.

The names and versions in the lock files go to OSV (https://osv.dev), or to the service that TWIXT_OSV names, through
pip-audit; nothing else leaves this machine. Where the service cannot be reached, the audit says so in one line and ends
well, so that work goes on without a network; `--strict` makes that a failure. What needs no service is always checked:
every package is pinned to one version with the hashes of its files.

Ends with 0 when no weakness is known, 1 when one is or a package is not pinned, 3 when `--strict` could not ask.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
LOCKS = (ROOT / "requirements-bench.txt", ROOT / "requirements-uv.txt")
"""All that is installed anywhere: the first holds what `requirements.txt` holds, and the benchmarks."""
OSV = "https://api.osv.dev/v1/query"
FOUND, NOT_ASKED = 1, 3
SECONDS = 5.0
"""How long to wait for the service to answer at all."""
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)")


def loose(text: str) -> list[str]:
    """Return the requirements of a lock file that are not pinned to one version with a hash of its files."""
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = [line.split(" #")[0].strip() for line in joined.splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#")]
    return [line[:60] for line in wanted if not _PIN.match(line) or "--hash=sha256:" not in line]


def answers(url: str) -> bool:
    """Tell whether something listens at an address."""
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), timeout=SECONDS):
            return True
    except (OSError, ValueError):
        return False


def ask(lock: Path, url: str) -> list[dict[str, Any]] | None:
    """Return the packages of a lock file with what is known of each, None when the service gave no usable answer."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        choices = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--cache-dir", folder]
        service = ["--vulnerability-service", "osv", "--osv-url", url, "--timeout", "15"]
        report = ["--format", "json", "--output", str(out), "--requirement", str(lock)]
        command = [sys.executable, "-m", "pip_audit", *choices, *service, *report]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if not out.exists():
            print(f"{lock.name}: pip-audit: {(done.stderr.strip().splitlines() or ['no answer'])[-1][:200]}")
            return None
        found: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))["dependencies"]
        return found


def told(package: dict[str, Any]) -> list[str]:
    """Return a line for each weakness of a package."""
    return [
        f"{package['name']} {package['version']}: {known['id']}; mended in {', '.join(known['fix_versions']) or 'none'}"
        for known in package.get("vulns", [])
    ]


def audit(locks: Sequence[Path], url: str, *, strict: bool) -> int:
    """Check and ask about lock files; prints what was found and returns the exit code."""
    for lock in locks:
        if unpinned := loose(lock.read_text(encoding="utf-8")):
            print(f"{lock.name}: {unpinned[0]!r} is not pinned with a hash ({len(unpinned)} in all)")
            return FOUND
    reports = [ask(lock, url) for lock in locks] if answers(url) else [None]
    if None in reports:
        print(f"not audited: {urlsplit(url).hostname} gave no answer; all packages are pinned with hashes")
        return NOT_ASKED if strict else 0
    packages = [package for report in reports if report is not None for package in report]
    lines = [line for package in packages for line in told(package)]
    print("\n".join(lines) or f"{len(packages)} packages: no known weakness")
    return FOUND if lines else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and audit."""
    parser = argparse.ArgumentParser(prog="make audit", description="Locked packages against known weaknesses.")
    parser.add_argument("--strict", action="store_true", help="fail when the service cannot be asked")
    given = parser.parse_args(arguments)
    return audit(LOCKS, os.environ.get("TWIXT_OSV") or OSV, strict=given.strict)


if __name__ == "__main__":
    sys.exit(main())
