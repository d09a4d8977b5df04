"""What each account of the sandbox can do, as the sandbox's own defaults have it."""

from signoff.ports.carrier import Answering, Capabilities, Op

_ALL = frozenset(Op)

PROFILES = {
    "tmobile": Capabilities(
        ops=_ALL, batch_max=1, concurrency=8, restore_days=30, same_number_on_restore=True
    ),
    # One call at a time and a slow pace; the margin below the sandbox's 20/s is deliberate.
    "att": Capabilities(
        ops=_ALL,
        batch_max=1,
        rate_rps=16,
        concurrency=1,
        restore_days=30,
        same_number_on_restore=True,
    ),
    "verizon": Capabilities(
        ops=_ALL,
        batch_max=100,
        concurrency=2,
        asynchronous=Answering.CALLBACK,
        settle_s=5,
        restore_days=50,
        number_hold_days=50,
        actions_per_line_day=5,
    ),
    "wholesale": Capabilities(
        ops=_ALL, batch_max=1000, concurrency=2, restore_days=30, same_number_on_restore=True
    ),
}
