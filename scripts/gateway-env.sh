#!/bin/sh
# Make .venvs/gateway: an environment of its own with a server of dask-gateway, and this repository installed editable.
# Does nothing when up to date. PYTHON: an interpreter with pip (default: that of .venv).
set -eu
cd "$(dirname "$0")/.."
venv=.venvs/gateway
base="${PYTHON:-.venv/bin/python}"
key="$( (pwd; cat pyproject.toml scripts/gateway-env.sh) | cksum | tr -d ' ')"

[ ! -e "$venv/setup-$key" ] || exit 0
[ -x "$venv/bin/python" ] || "$base" -m venv --without-pip "$venv"
"$base" -m pip --disable-pip-version-check --python "$venv/bin/python" install -q \
    'dask-gateway-server[local]==2026.3.0' dask-gateway==2026.3.0 -e '.[gateway]' >&2
rm -f "$venv"/setup-*
: >"$venv/setup-$key"
