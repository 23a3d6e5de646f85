#!/bin/sh
# Make .venvs/dislib: an environment of its own for dislib, an unmodified client of the programming model, with this
# repository installed editable. Does nothing when up to date. PYTHON: an interpreter with pip (default: that of .venv).
set -eu
cd "$(dirname "$0")/.."
venv=.venvs/dislib
base="${PYTHON:-.venv/bin/python}"
key="$( (pwd; cat pyproject.toml scripts/dislib-env.sh) | cksum | tr -d ' ')"

[ ! -e "$venv/setup-$key" ] || exit 0
[ -x "$venv/bin/python" ] || "$base" -m venv --without-pip "$venv"
"$base" -m pip --disable-pip-version-check --python "$venv/bin/python" install -q \
    dislib==1.0.0 numpy==2.2.6 scipy==1.15.3 scikit-learn==1.7.2 cbor2==5.7.1 cvxpy==1.9.3 pyarrow==26.0.1 -e . >&2
rm -f "$venv"/setup-*
: >"$venv/setup-$key"
