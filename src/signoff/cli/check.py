"""`signoff check`: every policy file and every setting, with what to write instead."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from signoff.cli import database
from signoff.usecases.policies import (
    SHIPPED,
    PolicyProblems,
    load_all_terms,
    load_policy_book,
)
from signoff.usecases.policies.official import load_lists


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        help="check the policies of this folder alone (default: SIGNOFF_POLICIES, or those "
        "that come with Signoff) and leave the settings aside",
    )


def run(options: argparse.Namespace) -> int:
    """Exit status 0 when nothing is wrong, else 1; one line a problem, as compilers print them."""
    named = os.environ.get("SIGNOFF_POLICIES", "").strip()
    folder = options.folder or (Path(named).expanduser() if named else SHIPPED)
    found = list(_policies(folder))
    if options.folder is None:
        found += _settings()
    for line in found:
        print(line)
    if not found:
        print(f"all good: {folder}{'' if options.folder else ' and the settings'}")
    return 1 if found else 0


def _policies(folder: Path) -> Iterator[str]:
    for load in (load_policy_book, load_all_terms, load_lists):
        try:
            load(folder)
        except PolicyProblems as error:
            yield from map(str, error.problems)


def _settings() -> Iterator[str]:
    """What stops this installation from starting, as far as its settings alone can tell."""
    try:
        database.set_up_django()
        messages = run_checks()
    except ImproperlyConfigured as error:
        yield f"settings: {error}"
        return
    for message in messages:
        if message.is_serious():
            yield f"settings: {message.msg} (write instead: {message.hint or 'see the docs'})"
