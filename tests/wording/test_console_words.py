"""Every code an agent can meet has a name at the desk, in three languages."""

from enum import Enum

import pytest

from signoff.domain.account import BalanceChoice, CardKind, LinkedKind
from signoff.domain.case import State
from signoff.domain.checklist import ItemCode, Status
from signoff.domain.disputes import RejectReason
from signoff.domain.events import KINDS, Code
from signoff.domain.flags import FlagRule
from signoff.domain.policy import EffectiveRule
from signoff.domain.reasons import DeclineReason, Refusal, ReturnReason
from signoff.domain.settling import OrderKind
from signoff.domain.steps import Step
from signoff.ports.carrier import LineState, Op
from signoff.records import models
from signoff.usecases.desk import PARTS
from signoff.usecases.policies.book import CARRIERS
from signoff.wording import notices
from signoff.wording.catalogue import LANGUAGES, shipped

FAMILIES: dict[str, type[Enum]] = {
    "console.state": State,
    "console.kind": CardKind,
    "console.refusal": Refusal,
    "console.return": ReturnReason,
    "console.decline": DeclineReason,
    "console.item": ItemCode,
    "console.status": Status,
    "console.balance": BalanceChoice,
    "console.event": Code,
    "console.op": Op,
    "console.intent": models.CarrierIntent.State,
    "console.line": LineState,
    "console.step": Step,
    "console.paykind": models.PaymentIntent.Kind,
    "console.payment": models.PaymentIntent.State,
    "console.sent": models.Notice.State,
    "console.rule": EffectiveRule,
}
CODES = [(family, each.value) for family, codes in FAMILIES.items() for each in codes]
WHYS = [
    *FlagRule,
    *LinkedKind,
    *OrderKind,
    *(f"{kind.value}_not_cancellable" for kind in OrderKind),
    *("autopay", "stored", "add_on", "auto_renews", "points", "voucher", "own"),
]


@pytest.mark.parametrize(("family", "code"), CODES)
def test_every_code_has_a_name(family: str, code: str) -> None:
    for language in LANGUAGES:
        assert shipped("console_codes").say(f"{family}.{code}", language)


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_part_of_an_event_has_a_name(kind: object) -> None:
    names = kind.facts | kind.personal  # type: ignore[attr-defined]

    assert [
        each for each in names if f"console.detail.{each}" not in shipped("console_codes")
    ] == []


@pytest.mark.parametrize(
    "key",
    [
        *(f"console.why.{each}" for each in WHYS),
        *(f"console.notice.{name}" for name in notices.every()),
        *(f"console.carrier.{name}" for name in CARRIERS),
        *(f"console.language.{language}" for language in LANGUAGES),
        *(f"console.disputes.because.{each.value}" for each in RejectReason),
        *(f"console.disputes.state.{each.value}" for each in models.Dispute.State),
        *(f"console.part.{part}.{what}" for part in PARTS for what in ("title", "empty")),
        "console.return.identity_document_missing",
    ],
)
def test_every_other_code_of_the_desk_has_a_name(key: str) -> None:
    assert key in shipped()
