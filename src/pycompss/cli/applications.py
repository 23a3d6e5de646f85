"""`pycompss app deploy|list|remove`: applications of the active environment."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from pycompss.cli.environment import carry_out
from pycompss.deploy.environments import store


def app(words: Sequence[str]) -> int:
    """What the words after `pycompss app` say; returns the exit code."""
    parser = argparse.ArgumentParser("pycompss app", allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="deploy|list|remove")
    deploy = verbs.add_parser("deploy", aliases=["d"])
    deploy.add_argument("name")
    deploy.add_argument("-sd", "--source_dir", default=os.curdir, metavar="DIR")
    deploy.add_argument("-dd", "--destination_dir", default="", metavar="DIR")
    deploy.add_argument("-sf", "--source_files", nargs="+", default=(), metavar="FILE", help="these of it alone")
    deploy.add_argument("-ow", "--overwrite", action="store_true", help="what was deployed before goes first")
    deploy.set_defaults(verb=_deploy)
    listed = verbs.add_parser("list", aliases=["l"])
    listed.add_argument("--no_table", action="store_true", help="accepted: there is none")
    listed.add_argument("--with_file_name", action="store_true", help="accepted: places are always told")
    listed.set_defaults(verb=_apps)
    remove = verbs.add_parser("remove", aliases=["rm", "r"])
    remove.add_argument("names", nargs="+")
    remove.add_argument("-y", "--yes", action="store_true", help="accepted: nobody is asked")
    remove.set_defaults(verb=_undeploy)
    return carry_out(parser, words)


def _deploy(asked: argparse.Namespace) -> int:
    known = store.get(store.active())
    files = asked.source_files
    target = store.deploy(
        known, asked.name, asked.source_dir, asked.destination_dir, files, anew=asked.overwrite
    )  # fmt: skip
    print(f"{asked.name} is in {target} ({known.place.name})")
    return 0


def _apps(_asked: argparse.Namespace) -> int:
    for name, place in store.get(store.active()).apps.items():
        print(f"{name}\t{place}")
    return 0


def _undeploy(asked: argparse.Namespace) -> int:
    known = store.get(store.active())
    for name in asked.names:
        known = store.undeploy(known, name)
        print(f"{name} removed")
    return 0
