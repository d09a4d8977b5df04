"""A subscriber goes home and ends their line, each kind of card, in Chinese and in English (K1).

From the start page: log in, look at the line, settle what is open by its buttons, one form, the
receipt; the link in the mail and the agent where the brand has them; then proof and certificate.
"""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Dialog

import stage
from journeys.visits import Visit, World
from signoff.domain.account import CardKind
from signoff.domain.sealed_pdf import is_pdf
from signoff.ports import registry
from signoff.records import models
from signoff.testing.documents import photo
from signoff.usecases.verify_certificate import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]

PNG = {"name": "id.png", "mimeType": "image/png", "buffer": photo(kind="PNG")}


@dataclass
class Story:
    """A line of a kind and its people."""

    world: World
    kind: CardKind
    people: stage.Cast
    line: models.Line

    @property
    def case(self) -> models.Case:
        return models.Case.objects.get(line=self.line)


def begin(world: World, kind: CardKind) -> Story:
    people = stage.cast(stage.BRANDS[kind][0])
    line = stage.line(kind, holder=people.subscriber, sandbox=world.sandbox)
    return Story(world, kind, people, line)


def prepare(me: Visit, kind: CardKind) -> None:
    """Settle by its buttons what this kind of card has open."""
    me.press("remedy.confirm").sees("settled.confirm")
    match kind:
        case CardKind.TRAVEL:
            me.press("remedy.cancel", near="Japan 5 GB").sees("settled.cancel")
            me.press("remedy.tick", near="Example Bank").sees("settled.tick")
            me.page.get_by_label(me.say("balance_choice.refund")).check()
            me.press("remedy.choose").sees("settled.choose")
        case CardKind.DATA:
            me.press("remedy.unbind", near="Visa 4242").sees("settled.unbind")
            me.press("remedy.stop", near="Night data").sees("settled.stop")
        case CardKind.UNLIMITED:
            me.press("bills.pay_with", method="Visa 4242").sees("settled.pay")
            me.press("remedy.reviewed").sees("settled.reviewed")
            me.page.get_by_label(me.say("points.knowingly")).check()
            me.press("remedy.give_up").sees("settled.give_up")
            me.page.get_by_label(me.say("documents.file")).set_input_files(PNG)  # type: ignore[arg-type]
            me.press("remedy.upload").sees("settled.upload")
        case CardKind.CALLING:
            take_along(me)
        case CardKind.INTERNET:
            pass


def take_along(me: Visit) -> None:
    """Have one's data packed in the background, and take the file (P9)."""
    back = me.path
    me.press("take.open").press("take.build")
    stage.work()
    me.open(me.path).inspect()
    assert me.download("take.download", size=0).startswith(b"PK")
    me.open(back)


def declare(me: Visit, kind: CardKind) -> None:
    """Fill in the form and press the final button."""
    me.press("prepare.leave")
    me.page.get_by_label(me.say("leave.reason")).select_option("left_country")
    if kind is CardKind.CALLING:
        me.page.get_by_label(me.say("balance_choice.forfeit")).check()
    me.page.get_by_label(me.say("leave.agreed")).check()
    me.press("leave.final").sees("case.received")


def confirm(story: Story, language: str) -> None:
    """Open the link of the mail in another browser, as a mail program does."""
    (path,) = {
        found
        for mail in story.world.mailbox.messages
        if (body := mail.get_body())
        for found in re.findall(r"/confirm/\S+", body.get_content())
    }
    visit = story.world.visit(language=language, device="phone").open(path).inspect()
    visit.press("confirm.button").heading("confirm.title.done")


def approve(story: Story) -> None:
    """The brand's agent takes the case in hand and approves it."""
    agent = story.world.visit(language="zh-Hans")
    agent.log_in(story.people.agent)
    agent.open(f"/desk/cases/{story.case.id}")
    agent.press("console.act.claim")
    agent.press("console.act.approve")


@pytest.mark.parametrize(("language", "device"), [("zh-Hans", "phone"), ("en", "desktop")])
@pytest.mark.parametrize("kind", list(CardKind))
def test_a_line_ends_from_the_start_page_to_the_certificate(
    world: World, kind: CardKind, language: str, device: str
) -> None:
    story = begin(world, kind)
    me = world.visit(language=language, device=device)

    me.log_in(story.people.subscriber).heading("nav.lines")
    me.press("lines.to_end").sees("line.online")
    me.press("line.prepare").heading("prepare.title")
    prepare(me, kind)
    declare(me, kind)
    assert is_pdf(me.download("case.receipt"))
    stage.work()
    if story.case.state == "confirming":
        confirm(story, language)
        stage.work()
    if story.case.state == "in_review":
        approve(story)
    world.time_passes()
    me.open(f"/cases/{story.case.id}").heading("state.ended").sees("case.certificate")
    paper, file = me.download("case.certificate_pdf"), me.download("case.certificate_json")
    me.open("/verify")
    me.page.get_by_label(me.say("check.file")).set_input_files(
        {"name": "c.pdf", "mimeType": "application/pdf", "buffer": paper}
    )
    me.press("check.button").sees("verify.verdict.trusted").sees_text("Lin Xiaoyu")

    keys = registry.signers["installation"].trusted_keys()
    assert verify(file, trusted_keys=keys).trusted
    assert verify(paper, trusted_keys=keys).trusted
    assert [row["op"] for row in world.sandbox.ledger(account=story.line.carrier)][-1] == "cut"
    assert not models.Attention.objects.exists()


def test_the_way_is_the_same_without_script(world: World) -> None:
    """C1: in traditional Chinese, on a phone whose browser runs no script."""
    story = begin(world, CardKind.TRAVEL)
    me = world.visit(language="zh-Hant", device="phone", script=False)

    me.log_in(story.people.subscriber).heading("nav.lines")
    me.press("lines.to_end").press("line.prepare")
    prepare(me, CardKind.TRAVEL)
    declare(me, CardKind.TRAVEL)
    world.time_passes()

    me.open(f"/cases/{story.case.id}").heading("state.ended")
    assert verify(
        me.download("case.certificate_json"),
        trusted_keys=registry.signers["installation"].trusted_keys(),
    ).trusted


def test_the_page_follows_the_case_by_itself(world: World) -> None:
    """With script the subscriber need not reload."""
    story = begin(world, CardKind.DATA)
    me = world.visit()
    me.log_in(story.people.subscriber)
    me.open(f"/lines/{story.line.id}/prepare")
    declare(me, CardKind.DATA)
    me.heading("state.declared")

    stage.work()

    me.heading("state.approved")
    me.sees("case.received")


def test_leaving_takes_no_more_steps_than_joining_does(world: World) -> None:
    """F6: log-in, list, line, form: three presses after the log-in, and no dialog in the way."""
    story = begin(world, CardKind.TRAVEL)
    me = world.visit()
    dialogs: list[Dialog] = []
    me.page.on("dialog", lambda dialog: dialogs.append(dialog))

    me.log_in(story.people.subscriber)
    me.press("lines.to_end")
    me.press("line.leave")
    me.page.get_by_label(me.say("leave.reason")).select_option("not_needed")
    me.page.get_by_label(me.say("leave.agreed")).check()
    me.press("leave.final")

    assert models.Case.objects.count() == 1
    assert dialogs == []
