#!/bin/sh
# Resolve every dependency anew into the hashed lock files; no registry is named in them.
set -eu
cd "$(dirname "$0")/.."
uv=uv
"$uv" --version >/dev/null 2>&1 || uv=.uv/bin/uv
compile() {
    "$uv" pip compile --quiet --universal --generate-hashes \
        --custom-compile-command "make lock" "$@"
}
compile --python-version 3.12 pyproject.toml --group test --group check -o requirements.txt
compile --python-version 3.12 pyproject.toml --group test --group check --group bench -c requirements.txt -o requirements-bench.txt
echo 'uv>=0.9' | compile --python-version 3.9 - -o requirements-uv.txt
