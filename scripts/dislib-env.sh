#!/bin/sh
# Makes .venvs/dislib: an environment of its own for dislib, an unmodified client of the programming model, with this
# repository installed editable. Does nothing when it is up to date; PYTHON names the interpreter to use.
set -eu

cd "$(dirname "$0")/.."
environment=.venvs/dislib
stamp=$environment/up-to-date
wanted=$(cat pyproject.toml scripts/dislib-env.sh | cksum)

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

[ -x "$environment/bin/python" ] || "${PYTHON:-python3}" -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
    dislib==1.0.0 numpy==2.2.6 scipy==1.15.3 scikit-learn==1.7.2 cbor2==5.7.1 cvxpy==1.9.3 pyarrow==26.0.1 \
    --editable .
printf '%s' "$wanted" > "$stamp"
