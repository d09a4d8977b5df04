"""The steps that can be owed, and how long a failed one waits before the next try."""

from datetime import timedelta
from enum import StrEnum


class Step(StrEnum):
    """One owed step. Its subject is a case, but for PAY (a payment), SEND_NOTICE (a notice) and the
    steps of archives."""

    ASSESS = "assess"
    LAPSE_CONFIRMATION = "lapse_confirmation"
    BEGIN = "begin"
    BLOCK = "block"
    CUT = "cut"
    SETTLE = "settle"
    PAY = "pay"
    CERTIFY = "certify"
    SEAL = "seal"
    SEND_NOTICE = "send_notice"
    RESTORE = "restore"
    PURGE = "purge"
    ERASE = "erase"
    BUILD_ARCHIVE = "build_archive"
    DROP_ARCHIVE = "drop_archive"
    REMIND = "remind"
    SCAN_DOCUMENT = "scan_document"
    SHRED_DOCUMENTS = "shred_documents"
    DISCARD_OBJECT = "discard_object"
    SUNSET_GATHER = "sunset_gather"
    SUNSET_REHEARSE = "sunset_rehearse"
    SUNSET_WAVE = "sunset_wave"
    SUNSET_PART = "sunset_part"
    SUNSET_RUN = "sunset_run"
    SUNSET_REPORT = "sunset_report"


MOST_ATTEMPTS = 8
"""Tries before a person must look; with `pause` they spread over about eight minutes."""


def pause(attempts: int) -> timedelta:
    """How long to wait after so many failed tries: 1 s, doubling, at most an hour."""
    return timedelta(seconds=min(3600, 2 ** min(attempts, 12)))
