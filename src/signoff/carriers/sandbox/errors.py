"""The sandbox's codes and what they mean for Signoff: one table, keyed on the code."""

from signoff.ports.carrier import WRONG_ACCOUNT, Op, OutcomeKind

ACCOUNT_ERROR = WRONG_ACCOUNT
NOT_FOUND_CODES = frozenset({"LINE_NOT_FOUND", ACCOUNT_ERROR})
THROTTLED = "THROTTLED"
SESSION_EXPIRED = "SESSION_EXPIRED"
CREDENTIALS_REFUSED = "CREDENTIALS_REFUSED"
BATCH_TOO_LARGE = "BATCH_TOO_LARGE"
LINE_BUSY_RETRY_S = 30

_KINDS = {
    "OK": OutcomeKind.DONE,
    "ALREADY_IN_STATE": OutcomeKind.ALREADY_DONE,
    "LINE_BUSY": OutcomeKind.RETRY_AFTER,
    "LINE_NOT_FOUND": OutcomeKind.NEEDS_HUMAN,
    WRONG_ACCOUNT: OutcomeKind.NEEDS_HUMAN,
    "LINE_PURGED": OutcomeKind.NEEDS_HUMAN,
    "LINE_NOT_ACTIVE": OutcomeKind.NEEDS_HUMAN,
    "LINE_NOT_DEACTIVATED": OutcomeKind.NEEDS_HUMAN,
    "ORDER_ON_HOLD": OutcomeKind.NEEDS_HUMAN,
    "RESTORE_WINDOW_OVER": OutcomeKind.REFUSED,
    "CONTRACT_FORBIDS": OutcomeKind.REFUSED,
}

_FOR_ONE_OPERATION = {
    # Nothing left to purge is what a purge wants.
    (Op.PURGE, "LINE_NOT_FOUND"): OutcomeKind.ALREADY_DONE,
    (Op.PURGE, "LINE_PURGED"): OutcomeKind.ALREADY_DONE,
    # The keys are gone: no person can bring such a line back.
    (Op.RESTORE, "LINE_PURGED"): OutcomeKind.REFUSED,
}


def kind_of(op: Op, code: str) -> OutcomeKind:
    """Say what a line's code came to. A code that is not in the table is a person's matter."""
    return _FOR_ONE_OPERATION.get((op, code)) or _KINDS.get(code, OutcomeKind.NEEDS_HUMAN)
