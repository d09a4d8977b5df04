"""E5: how long a failed step waits."""

import pytest

from signoff.domain.steps import MOST_ATTEMPTS, pause


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 1), (1, 2), (8, 256), (11, 2048), (12, 3600), (1000, 3600)]
)
def test_a_pause_doubles_up_to_an_hour(attempts: int, seconds: int) -> None:
    assert pause(attempts).total_seconds() == seconds


def test_pauses_never_get_shorter() -> None:
    pauses = [pause(attempts) for attempts in range(2 * MOST_ATTEMPTS)]

    assert pauses == sorted(pauses)
