"""`signoff worker`: carries out what is due."""

import argparse
import gc

from signoff.domain.steps import Step


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--steps",
        metavar="STEP,...",
        type=_steps,
        default=(),
        help=f"carry out these steps only: {', '.join(Step)}",
    )


def run(options: argparse.Namespace) -> int:
    """Works until SIGTERM or SIGINT, then finishes the set in hand."""
    # A set is a million small objects and no cycles: looking for some costs an eighth of the time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    from signoff.workflows import engine, texting  # they reach the tables, ready only now

    with texting.listening():
        engine.run_worker(options.steps)
    return 0


def _steps(text: str) -> list[str]:
    names = text.split(",")
    wrong = [name for name in names if name not in list(Step)]
    if wrong:
        raise argparse.ArgumentTypeError(f"no step {wrong[0]!r}; there are {', '.join(Step)}")
    return names
