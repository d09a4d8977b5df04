"""Pages say nothing that is missing in a language; no catalogue holds what nobody says (Q5)."""

import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

import pytest

from signoff.domain.account import BalanceChoice, CardKind, ChargeKind, LinkedKind, NumberChoice
from signoff.domain.case import State
from signoff.domain.checklist import OWN_FLAG, ItemCode, Remedy, Status
from signoff.domain.disputes import RejectReason
from signoff.domain.events import Code
from signoff.domain.files import FileProblem
from signoff.domain.flags import FlagRule
from signoff.domain.genuine import Kind, Reason, Verdict
from signoff.domain.items import PROVEN
from signoff.domain.policy import Channel, EffectiveRule, FeeRule
from signoff.domain.reasons import DeclineReason, LeavingReason, Refusal, ReturnReason
from signoff.domain.settling import OrderKind
from signoff.domain.statement import LineCode
from signoff.ports.carrier import LineState
from signoff.records import models
from signoff.usecases import rules
from signoff.usecases.look import Link
from signoff.usecases.verify_certificate import Part
from signoff.usecases.verify_certificate import State as CheckState
from signoff.wording import notices
from signoff.wording.catalogue import LANGUAGES, shipped

SOURCE = Path(__file__).parents[2] / "src" / "signoff"
TEMPLATES = sorted(
    [*SOURCE.rglob("*.html"), *(SOURCE / "config" / "templates").rglob("messages/*.txt")]
)

PAGES = ("common", "getting_in", "portal", "checklist", "preparing", "documents", "reasons",
         "states", "statement")  # fmt: skip
"""The catalogues of the subscriber's pages."""

_DETAILS = ("name", "email", "phone", "address", "account_number", "order_number")
_PLAIN = {"details", "balance", "charges", "orders", "renewals", "linked", "points", "data"}
_CHECKLIST = (SOURCE / "domain" / "checklist.py").read_text(encoding="utf-8")
_ITEM_REASONS = sorted(
    _PLAIN
    | {"documents"}
    | {
        found
        for found in re.findall(r'"([a-z]+_[a-z]+)"', _CHECKLIST)
        if found.split("_")[0] in set(ItemCode)
    }
)
"""The reasons stand in the rules as plain words; reading them there forgets none."""

_RULES = (
    "unpaid_bill", "cycle_none", "cycle_daily", "usage", "tax_rate", "fee_always",
    "fee_in_contract", "fee_per_month_left", "device", "credit", "unused_daily",
    "balance_negative", "balance_move", "balance_forfeit", "balance_refund", "refund_fee", "points",
    "disputed_unpaid", "disputed_paid",
)  # fmt: skip
_SOURCES = (
    "bill",
    "plan",
    "usage",
    "rate",
    "policy",
    "device",
    "credit",
    "balance",
    "points",
    "paid",
)
_BUTTONS = [remedy for remedy in Remedy if remedy is not Remedy.EXPORT]

_ENTRIES = (
    *OrderKind,
    *(f"{kind.value}_not_cancellable" for kind in OrderKind),
    "points",
    "voucher",
)

FAMILIES: dict[str, Iterable[object]] = {
    "state": State,
    "state_means": State,
    "line_state": models.Line.State,
    "event": Code,
    "actor": ("subscriber", "policy", "signoff", "operator", "agent", "carrier", "payments"),
    "item": ItemCode,
    "status": Status,
    "remedy": Remedy,
    "settled": _BUTTONS,
    "why": _ITEM_REASONS,
    "entry": (*LinkedKind, "autopay", "stored", "add_on", "auto_renews", *_ENTRIES),
    "flag": (*FlagRule, OWN_FLAG),
    "proved": PROVEN,
    "proved.by": ("subscriber",),
    "dispute_state": models.Dispute.State,
    "linked_kind": LinkedKind,
    "charge_kind": ChargeKind,
    "take.error": ("short", "long", "differs"),
    "detail": (*_DETAILS, "login"),
    "bad_detail": ("email", "phone"),
    "line": LineCode,
    "rule": _RULES,
    "source": _SOURCES,
    "effective": EffectiveRule,
    "number_choice": NumberChoice,
    "number_choice_means": NumberChoice,
    "balance_choice": BalanceChoice,
    "balance_choice_means": BalanceChoice,
    "help.fee": FeeRule,
    "channel": Channel,
    "reason": LeavingReason,
    "refusal": Refusal,
    "refusal_cure": Refusal,
    "notices.reason": (
        *DeclineReason,
        *ReturnReason,
        *RejectReason,
        Refusal.IDENTITY_DOCUMENT_MISSING,
    ),
    "document_refused": FileProblem,
    "pdf.kind": CardKind,
    "pdf.state": (LineState.DEACTIVATED, LineState.SUSPENDED),
    "confirm.title": (*Link, "done", "forged"),
    "confirm.words": (*Link, "done", "forged"),
    "verify.part": Part,
    "verify.state": CheckState,
    "verify.verdict": ("trusted", "self_asserted", "failed"),
    "check.notice": tuple(notices.every()),
    "genuine.why": Reason,
    "genuine.verdict": Verdict,
    "genuine.short": Verdict,
    "genuine.do": Verdict,
    "genuine.kind": Kind,
    "zone": {rules.book().policy(brand).time_zone for brand in rules.book().brands()},
}
CODES = [
    f"{family}.{each.value if isinstance(each, Enum) else each}"
    for family, codes in FAMILIES.items()
    for each in codes
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_a_page_may_meet_has_a_sentence(language: str) -> None:
    catalogue = shipped()

    for key in CODES:
        values: dict[str, str | int] = {
            name: 2 if name == "count" else "x" for name in catalogue.placeholders(key)
        }
        assert catalogue.say(key, language, **values)


def said(pattern: str) -> set[tuple[str, str]]:
    return {
        (found, str(path.relative_to(SOURCE)))
        for path in TEMPLATES
        for found in re.findall(pattern, path.read_text(encoding="utf-8"))
    }


def test_every_sentence_a_template_says_exists() -> None:
    missing = [(key, path) for key, path in said(r'{%\s*say\s+"([^"]+)"') if key not in shipped()]

    assert missing == []


def test_every_family_a_template_says_exists() -> None:
    families = {
        ".".join(key.split(".")[:n]) for key in sorted(shipped().keys()) for n in range(1, 4)
    }

    missing = [
        (family, path)
        for family, path in said(r'{%\s*say_(?:of|with)\s+"([^"]+)"')
        if family not in families
    ]

    assert missing == []


def test_every_sentence_is_said_somewhere() -> None:
    """A key nobody says is a sentence nobody keeps right."""
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (*TEMPLATES, *SOURCE.rglob("*.py"))
    )
    families = {family for family, _ in said(r'{%\s*say_(?:of|with)\s+"([^"]+)"')}
    families |= set(re.findall(r'f"([a-z_.]+)\.{', text))
    quoted = set(re.findall(r'"([A-Za-z0-9_./-]+)"', text))

    unsaid = [
        key
        for key in sorted(shipped(*PAGES).keys())
        if key not in quoted and not any(key.startswith(f"{family}.") for family in families)
    ]

    assert unsaid == []


def test_no_template_holds_a_sentence_of_its_own() -> None:
    """Text outside tags would be in one language only. Names of languages and SIM are no words."""
    own = re.compile(r">[^<{]*[A-Za-z\u4e00-\u9fff]{2,}[^<{]*<")
    allowed = re.compile(r"简体|繁體|English|>SIM<|signoff verify FILE")

    found = [
        (str(path.relative_to(SOURCE)), line.strip())
        for path in TEMPLATES
        for line in re.sub(
            r"(?s){%.*?%}|{{.*?}}|{#.*?#}|<!--.*?-->", "{}", path.read_text(encoding="utf-8")
        ).splitlines()
        if own.search(line) and not allowed.search(line)
    ]

    assert found == []
