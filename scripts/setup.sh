#!/bin/sh
# Set up .venv from the hashed lock: `make setup`. Needs a Python 3.9+ to start from; uv finds or fetches 3.13 or 3.12.
set -eu
cd "$(dirname "$0")/.."
lock=${1:-requirements.txt}

fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# uv: the machine's own when it runs, else one in a local folder
if uv --version >/dev/null 2>&1; then
    uv=uv
else
    uv=.uv/bin/uv
    if ! "$uv" --version >/dev/null 2>&1; then
        python=${PYTHON:-python3}
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null \
            || fail "'$python' is not a Python 3.9 or later; install one or name it: make PYTHON=/path/to/python3"
        echo "setup: installing uv into .uv"
        rm -rf .uv
        "$python" -m venv .uv 2>/dev/null \
            || fail "'$python -m venv' failed; on Debian or Ubuntu: apt-get install python3-venv"
        .uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt \
            || fail "pip could not install uv (is a package registry reachable?)"
    fi
fi

if [ ! -x .venv/bin/python ]; then
    rm -rf .venv
    "$uv" venv --quiet --python 3.13 .venv 2>/dev/null || "$uv" venv --quiet --python 3.12 .venv 2>/dev/null \
        || fail "no Python 3.13 or 3.12 here and uv could not download one; install either, then run make again"
fi

echo "setup: installing $(grep -c '^[a-zA-Z]' "$lock") locked packages"
"$uv" pip install --quiet --python .venv/bin/python --compile-bytecode --require-hashes -r "$lock" \
    || fail "the locked packages could not be installed (is a package registry reachable?)"
"$uv" pip install --quiet --python .venv/bin/python --compile-bytecode --no-deps --no-build-isolation -e . \
    || fail "the project itself could not be installed"
touch ".venv/.installed-$(basename "$lock" .txt)"
