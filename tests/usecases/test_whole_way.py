"""A line of each card kind, from declaration to certificate, through the real steps (K1)."""

import pytest

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.ports import registry
from signoff.records import models
from signoff.usecases import papers
from signoff.usecases.verify_certificate import verify
from signoff.workflows import act

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("kind", list(CardKind))
def test_a_line_ends_with_a_verified_certificate(kind: CardKind) -> None:
    """K1, E2, E3, T2: the carrier's ledger shows one cut, and the certificate holds offline."""
    people = stage.cast(stage.BRANDS[kind][0])

    with stage.sandbox() as sandbox, stage.mail() as box:
        line = stage.line(kind, holder=people.subscriber, sandbox=sandbox, settled=True)
        declared = act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
        case = stage.to_the_end(declared.case_id, agent=people.agent)
        executed = [row["op"] for row in sandbox.ledger(account=line.carrier)]

    keys = registry.signers["installation"].trusted_keys()
    assert case.state == State.ENDED
    assert executed == ["block", "cut"]
    assert verify(papers.certificate_json(case.id), trusted_keys=keys).ok
    assert verify(papers.certificate_pdf(case.id, language="zh-Hans"), trusted_keys=keys).ok
    assert {message["To"] for message in box.messages} == {"lin.xiaoyu@example.com"}
    assert models.Line.objects.get(id=line.id).state == "terminated"
    assert not models.Attention.objects.exists()


def test_a_set_ends_as_its_lines_do_one_by_one() -> None:
    """O1, DESIGN 4: thirty lines in one set leave what thirty single ones leave."""
    people = stage.cast("farwander")

    with stage.sandbox() as sandbox, stage.mail():
        lines = [
            stage.line(CardKind.TRAVEL, holder=people.subscriber, sandbox=sandbox, settled=True)
            for _ in range(30)
        ]
        for line in lines:
            act.declare_line(stage.declaration(line), user_id=people.subscriber.id)
        stage.work()
        executed = [row["op"] for row in sandbox.ledger(account="wholesale")]

    codes = models.Event.objects.values_list("case_id", "code").order_by("case_id", "seq")
    by_case: dict[object, list[str]] = {}
    for case_id, code in codes:
        by_case.setdefault(case_id, []).append(code)
    assert len(by_case) == 30
    assert len({tuple(sorted(each)) for each in by_case.values()}) == 1
    assert executed.count("cut") == 30
    assert models.Certificate.objects.count() == 30
    assert models.JournalEntry.objects.filter(code="refund_due").count() == 30
