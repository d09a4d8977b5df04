"""Closed lists of codes: why somebody leaves, why we say no. Words for them live in wording."""

from enum import StrEnum


class LeavingReason(StrEnum):
    """Why the subscriber leaves (W1)."""

    LEFT_COUNTRY = "left_country"
    NOT_NEEDED = "not_needed"
    LONG_UNUSED = "long_unused"
    LOST = "lost"
    STOLEN = "stolen"
    UNHAPPY = "unhappy"
    CHANGING_CARRIER = "changing_carrier"
    CHANGED_DETAILS = "changed_details"
    CLEANING_UP = "cleaning_up"
    DEATH = "death"
    MILITARY = "military"
    ABUSE = "abuse"
    OTHER = "other"


# Lost, stolen: block at once. Abuse: only the restricted team may see the case (W1, L3).
FREEZE_AT_ONCE = frozenset({LeavingReason.LOST, LeavingReason.STOLEN})
RESTRICTED = frozenset({LeavingReason.ABUSE})


class Refusal(StrEnum):
    """Why an act is not allowed now; every one tells its cure in wording."""

    NOT_IN_THIS_STATE = "not_in_this_state"
    UNPAID_BILL = "unpaid_bill"
    OPEN_ORDER = "open_order"
    IDENTITY_DOCUMENT_MISSING = "identity_document_missing"
    DOCUMENT_BEING_CHECKED = "document_being_checked"
    CONFIRMATION_MISSING = "confirmation_missing"
    CONFIRMATION_EXPIRED = "confirmation_expired"
    TOO_LATE_TO_WITHDRAW = "too_late_to_withdraw"
    RESTORE_WINDOW_OVER = "restore_window_over"
    TOO_EARLY = "too_early"
    NO_PROOF = "no_proof"
    BALANCE_CHOICE_MISSING = "balance_choice_missing"
    BALANCE_CHOICE_NOT_OFFERED = "balance_choice_not_offered"
    NUMBER_CHOICE_NOT_OFFERED = "number_choice_not_offered"
    DATE_NOT_OFFERED = "date_not_offered"
    NOT_ONLINE = "not_online"


class DeclineReason(StrEnum):
    """The closed list an agent may decline with (R3; law.md section 3)."""

    NOT_CUSTOMER = "not_customer"
    NOT_OUR_CONTRACT = "not_our_contract"
    DUPLICATE = "duplicate"
    FRAUD_CONFIRMED = "fraud_confirmed"


CURABLE = frozenset({DeclineReason.NOT_CUSTOMER, DeclineReason.NOT_OUR_CONTRACT})
"""Declined for want of a proof: with one, the same case goes on and keeps its first date (R4)."""


class ReturnReason(StrEnum):
    """Why an agent sends a case back to the subscriber; the first time stamp is kept (R4)."""

    UNPAID_BILL = "unpaid_bill"
    OPEN_ORDER = "open_order"
    DOCUMENT_UNREADABLE = "document_unreadable"
    DOCUMENT_MISSING = "document_missing"
    NAME_DIFFERS = "name_differs"
    QUESTION = "question"
