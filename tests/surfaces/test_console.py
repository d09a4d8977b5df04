"""The agents' desk: who gets in, what they see and do, and that a refusal changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.domain.events import Code
from signoff.domain.reasons import LeavingReason
from signoff.domain.steps import Step
from signoff.records import codec, models
from signoff.usecases import look
from signoff.usecases.review import CLAIM_LASTS
from signoff.workflows import act, runner

pytestmark = pytest.mark.django_db

LANGUAGES = {"en": "Decide", "zh-hans": "处理决定", "zh-hant": "處理決定"}


class Scene:
    """A case of a brand with review, its people, and a browser for each of them."""

    def __init__(self, kind: CardKind = CardKind.CALLING, **wishes: object) -> None:
        self.people = stage.cast(stage.BRANDS[kind][0])
        self.line = stage.line(kind, holder=self.people.subscriber, settled=True)
        declaration = stage.declaration(self.line, **wishes)
        self.case_id = act.declare_line(declaration, user_id=self.people.subscriber.id).case_id
        runner.run(Step.ASSESS)

    @property
    def case(self) -> models.Case:
        return models.Case.objects.get(id=self.case_id)

    def browser(self, who: str, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(getattr(self.people, who))
        return client

    def url(self, name: str = "case") -> str:
        return reverse(f"console:{name}", args=[self.case_id])

    def colleague(self, role: str = "agent") -> models.User:
        user = models.User.objects.create_user(f"{role}-2@example.com", "secret-pass")
        models.StaffRole.objects.create(user=user, brand=self.line.brand, role=role)
        return user

    def claimed(self) -> Client:
        client = self.browser("agent")
        assert client.post(self.url("claim")).status_code == 303
        return client

    def seen(self) -> int:
        return look.mark(self.case_id)

    def standing(self) -> tuple[object, ...]:
        """All that a refused act must leave as it was."""
        case = self.case
        return (
            case.state,
            case.version,
            case.claimed_by_id,
            models.Event.objects.filter(case_id=self.case_id).count(),
            models.Notice.objects.filter(case_id=self.case_id).count(),
            models.Due.objects.filter(subject=self.case_id).count(),
        )

    def codes(self) -> list[str]:
        events = models.Event.objects.filter(case_id=self.case_id).order_by("seq")
        return list(events.values_list("code", flat=True))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def text(response: Any) -> str:
    return str(response.content.decode())


# ---------------------------------------------------------------- who gets in
@pytest.mark.parametrize(
    ("who", "status"),
    [("agent", 200), ("other_agent", 404), ("subscriber", 404), ("stranger", 404)],
)
def test_only_staff_of_the_brand_sees_a_case(scene: Scene, who: str, status: int) -> None:
    response = scene.browser(who).get(scene.url())

    assert response.status_code == status
    assert (scene.case.number in text(response)) is (status == 200)


@pytest.mark.parametrize("who", ["other_agent", "subscriber", "stranger"])
@pytest.mark.parametrize("name", ["claim", "hand_back", "approve", "ask", "decline"])
def test_nobody_else_can_act(scene: Scene, who: str, name: str) -> None:
    before = scene.standing()

    response = scene.browser(who).post(
        scene.url(name), {"seen": scene.seen(), "reason": "question", "words": "x"}
    )

    assert response.status_code == 404
    assert scene.standing() == before


@pytest.mark.parametrize("name", ["queue", "search"])
@pytest.mark.parametrize(
    ("who", "status"), [("agent", 200), ("other_agent", 200), ("subscriber", 404)]
)
def test_the_desk_exists_for_staff_only(scene: Scene, who: str, status: int, name: str) -> None:
    client, url = scene.browser(who), reverse(f"console:{name}")

    response = client.get(url) if name == "queue" else client.post(url, {"number": "x"})

    assert response.status_code == status


def test_who_is_not_logged_in_is_asked_to(scene: Scene) -> None:
    response = Client().get(scene.url())

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_an_unknown_case_is_like_another_brands(scene: Scene) -> None:
    url = reverse("console:case", args=[UUID(int=1)])

    assert scene.browser("agent").get(url).status_code == 404


def test_every_look_is_written_down(scene: Scene) -> None:
    scene.browser("agent").get(scene.url())
    scene.browser("other_agent").get(scene.url())

    looks = models.Access.objects.filter(case_id=scene.case_id)
    assert [(each.user_id, each.what) for each in looks] == [(scene.people.agent.id, "case")]


def test_pages_of_the_desk_are_kept_nowhere(scene: Scene) -> None:
    response = scene.browser("agent").get(scene.url())

    assert "no-store" in response["Cache-Control"]


# ---------------------------------------------------------------- the queue
def test_the_queue_shows_what_waits_with_its_promise(scene: Scene) -> None:
    page = text(scene.browser("agent").get(reverse("console:queue")))

    assert scene.case.number in page
    assert "left" in page
    assert scene.line.msisdn not in page
    assert scene.line.msisdn[-4:] in page


def test_another_brands_queue_is_empty_and_says_so(scene: Scene) -> None:
    page = text(scene.browser("other_agent").get(reverse("console:queue")))

    assert scene.case.number not in page
    assert "Nothing waits for a decision." in page


def test_a_broken_promise_stands_first_and_is_marked(scene: Scene) -> None:
    late = models.Case.objects.filter(id=scene.case_id)
    late.update(review_due_at=datetime.now(UTC) - timedelta(hours=5))

    page = text(scene.browser("agent").get(reverse("console:queue")))

    assert "5 hours late" in page


def test_a_stuck_step_needs_attention_in_whatever_state(scene: Scene) -> None:
    runner.park({scene.case_id: "gone"}, step=Step.BLOCK, now=datetime.now(UTC))
    models.Case.objects.filter(id=scene.case_id).update(state="approved")

    page = text(scene.browser("agent").get(reverse("console:queue")))

    assert scene.case.number in page
    assert "Blocking at the carrier" in page


@pytest.mark.parametrize("written", ["{number}", " {small} ", "{phone}", "{spaced}"])
def test_a_search_finds_one_case_by_its_whole_number(scene: Scene, written: str) -> None:
    number, phone = scene.case.number, scene.line.msisdn
    wanted = written.format(
        number=number, small=number.lower(), phone=phone, spaced=f"{phone[:2]} {phone[2:]}"
    )

    response = scene.browser("agent").post(reverse("console:search"), {"number": wanted})

    assert response.status_code == 303
    assert response["Location"] == scene.url()


@pytest.mark.parametrize("part", ["SO-", "1202555", "", "%", "'--"])
def test_a_search_by_a_part_finds_nothing(scene: Scene, part: str) -> None:
    response = scene.browser("agent").post(reverse("console:search"), {"number": part})

    assert response.status_code == 200
    assert scene.case.number not in text(response)


def test_a_search_finds_nothing_of_other_brands(scene: Scene) -> None:
    client = scene.browser("other_agent")

    response = client.post(reverse("console:search"), {"number": scene.case.number})

    assert "No case of your brands has this number" in text(response)


# ---------------------------------------------------------------- the case page
@pytest.mark.parametrize(("language", "word"), LANGUAGES.items())
def test_the_case_page_speaks_each_language(scene: Scene, language: str, word: str) -> None:
    response = scene.browser("agent", language).get(scene.url())

    assert response.status_code == 200
    assert word in text(response)


@pytest.mark.parametrize("kind", list(CardKind))
def test_the_page_holds_for_every_kind_of_card(kind: CardKind) -> None:
    scene = Scene(kind)

    page = text(scene.browser("agent").get(scene.url()))

    assert scene.case.number in page
    assert scene.line.iccid in page


def test_no_password_code_or_token_is_on_the_page(scene: Scene) -> None:
    account = models.Account.objects.get(id=scene.line.account_id)
    tokens = [each["token"] for each in account.facts["payment_methods"]]

    page = text(scene.browser("agent").get(scene.url()))

    assert scene.people.subscriber.password not in page
    assert not any(token in page for token in tokens)


def test_what_the_subscriber_wrote_is_escaped() -> None:
    scene = Scene(words="<script>alert(1)</script>")

    page = text(scene.browser("agent").get(scene.url()))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_number_of_queries_is_the_same_for_any_history(
    scene: Scene, django_assert_max_num_queries: object
) -> None:
    client = scene.browser("agent")

    with django_assert_max_num_queries(40):  # type: ignore[operator]
        client.get(scene.url())


# ---------------------------------------------------------------- acts
def test_a_claimed_case_is_approved(scene: Scene) -> None:
    client = scene.claimed()

    response = client.post(scene.url("approve"), {"seen": scene.seen()}, follow=True)

    assert scene.case.state == "approved"
    assert "Approved. The subscriber gets a mail" in text(response)
    assert scene.codes()[-2:] == [Code.CLAIMED, Code.APPROVED]


def test_a_question_goes_to_the_subscriber_in_the_agents_words(scene: Scene) -> None:
    words = "Please tell us the last four digits of the card you paid with."

    scene.claimed().post(
        scene.url("ask"), {"seen": scene.seen(), "reason": "question", "words": words}
    )

    notice = models.Notice.objects.get(case_id=scene.case_id, name="needs_input")
    assert scene.case.state == "needs_input"
    assert notice.values["words"] == words


def test_a_case_is_declined_for_a_reason_of_the_list(scene: Scene) -> None:
    scene.claimed().post(
        scene.url("decline"),
        {"seen": scene.seen(), "reason": "duplicate", "words": "See case SO-1."},
    )

    line = models.Line.objects.get(id=scene.line.id)
    assert (scene.case.state, scene.case.outcome_reason) == ("declined", "duplicate")
    assert (line.case_id, line.frozen_at) == (None, None)


def test_a_case_is_handed_back(scene: Scene) -> None:
    scene.claimed().post(scene.url("hand_back"))

    assert scene.case.claimed_by_id is None
    assert scene.codes()[-1] == Code.RELEASED


@pytest.mark.parametrize("name", ["claim", "approve", "ask", "decline", "hand_back"])
def test_another_agents_case_is_refused(scene: Scene, name: str) -> None:
    act.claim(scene.case_id, agent=scene.colleague().id)
    client, before = scene.browser("agent"), scene.standing()

    response = client.post(
        scene.url(name),
        {
            "seen": scene.seen(),
            "reason": "question" if name == "ask" else "duplicate",
            "words": "x",
        },
    )

    assert response.status_code == 409
    assert "another agent has this case in hand" in text(response)
    assert scene.standing() == before


def test_a_claim_runs_out(scene: Scene) -> None:
    act.claim(scene.case_id, agent=scene.colleague().id)
    long_ago = datetime.now(UTC) - CLAIM_LASTS - timedelta(seconds=1)
    models.Case.objects.filter(id=scene.case_id).update(claimed_at=long_ago)

    response = scene.browser("agent").post(scene.url("claim"))

    assert response.status_code == 303
    assert scene.case.claimed_by_id == scene.people.agent.id


@pytest.mark.parametrize("seen", ["1", "", "x", "-1", "9" * 30, "٣"])
def test_a_stale_page_changes_nothing(scene: Scene, seen: str) -> None:
    client = scene.claimed()
    before = scene.standing()

    response = client.post(scene.url("approve"), {"seen": seen})

    assert response.status_code == 409
    assert "the case has moved on" in text(response)
    assert scene.standing() == before


def test_a_page_is_stale_after_the_subscriber_took_the_request_back(scene: Scene) -> None:
    client, seen = scene.claimed(), scene.seen()
    act.withdraw(scene.case_id, user_id=scene.people.subscriber.id)
    before = scene.standing()

    response = client.post(scene.url("approve"), {"seen": seen})

    assert response.status_code == 409
    assert scene.standing() == before


def test_a_viewed_document_does_not_make_the_page_stale() -> None:
    scene = Scene(CardKind.UNLIMITED)
    client, seen = scene.claimed(), scene.seen()
    paper = models.Document.objects.get(line_id=scene.line.id)
    client.post(reverse("console:document", args=[scene.case_id, paper.id]))

    client.post(scene.url("approve"), {"seen": seen})

    assert scene.case.state == "approved"


@pytest.mark.parametrize(
    ("_case", "sent", "told"),
    [
        ("no words", {"reason": "question", "words": "  "}, "write to the subscriber"),
        ("no reason", {"words": "Hello"}, "choose a reason of the list"),
        ("a reason of another list", {"reason": "duplicate", "words": "x"}, "choose a reason"),
        ("too many words", {"reason": "question", "words": "x" * 4001}, "at most 4000"),
    ],
)
def test_a_question_that_cannot_be_sent_keeps_what_was_typed(
    scene: Scene, _case: str, sent: dict[str, str], told: str
) -> None:
    client = scene.claimed()
    before = scene.standing()

    response = client.post(scene.url("ask"), {"seen": scene.seen(), **sent})

    assert response.status_code == 400
    assert told in text(response)
    assert sent["words"].strip()[:20] in text(response)
    assert scene.standing() == before


def test_what_still_blocks_is_told_and_approval_refused(scene: Scene) -> None:
    scene = Scene(CardKind.UNLIMITED)
    models.Document.objects.filter(line_id=scene.line.id).update(shredded_at=datetime.now(UTC))
    client = scene.claimed()
    before = scene.standing()

    page = text(client.get(scene.url()))
    response = client.post(scene.url("approve"), {"seen": scene.seen()})

    assert "The identity document is missing" in page
    assert response.status_code == 409
    assert "The identity document is missing" in text(response)
    assert scene.standing() == before


def test_an_act_address_opened_as_a_page_leads_to_the_case(scene: Scene) -> None:
    before = scene.standing()

    response = scene.browser("agent").get(scene.url("approve"))

    assert response.status_code == 303
    assert scene.standing() == before


def test_acts_need_the_form_of_our_own_page(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene.people.agent)
    before = scene.standing()

    response = client.post(scene.url("claim"))

    assert response.status_code == 403
    assert scene.standing() == before


def test_an_auditor_looks_and_decides_nothing(scene: Scene) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(scene.colleague("auditor"))
    before = scene.standing()

    page = text(client.get(scene.url()))
    response = client.post(scene.url("claim"))

    assert "You may look at this case, not decide it." in page
    assert response.status_code == 404
    assert scene.standing() == before


def test_a_case_of_abuse_is_for_supervisors_only() -> None:
    scene = Scene(reason=LeavingReason.ABUSE)
    supervisor = Client(headers={"accept-language": "en"})
    supervisor.force_login(scene.colleague("supervisor"))
    agent = scene.browser("agent")

    assert agent.get(scene.url()).status_code == 404
    assert scene.case.number not in text(agent.get(reverse("console:queue")))
    assert "The reason is abuse" in text(supervisor.get(scene.url()))


# ---------------------------------------------------------------- stuck steps
def parked(scene: Scene, subject: UUID, step: Step = Step.CUT) -> models.Attention:
    runner.park({subject: "too_many_attempts"}, step=step, now=datetime.now(UTC))
    return models.Attention.objects.get(subject=subject)


def test_a_parked_step_is_owed_again(scene: Scene) -> None:
    attention = parked(scene, scene.case_id)
    client = scene.browser("agent")
    page = text(client.get(scene.url()))

    client.post(reverse("console:retry", args=[scene.case_id, attention.id]))

    attention.refresh_from_db()
    assert "Tried eight times without a clear answer." in page
    assert attention.resolved_at is not None
    assert models.Due.objects.filter(subject=scene.case_id, step="cut").exists()


def test_a_parked_notice_is_owed_again(scene: Scene) -> None:
    notice = models.Notice.objects.filter(case_id=scene.case_id).first()
    assert notice is not None
    models.Due.objects.filter(subject=notice.id).delete()
    attention = parked(scene, notice.id, Step.SEND_NOTICE)

    scene.browser("agent").post(reverse("console:retry", args=[scene.case_id, attention.id]))

    assert models.Due.objects.filter(subject=notice.id, step="send_notice").exists()


def test_a_second_retry_is_refused(scene: Scene) -> None:
    attention = parked(scene, scene.case_id)
    client, url = (
        scene.browser("agent"),
        reverse("console:retry", args=[scene.case_id, attention.id]),
    )
    client.post(url)
    before = scene.standing()

    response = client.post(url)

    assert response.status_code == 409
    assert "no longer waiting" in text(response)
    assert scene.standing() == before


def test_a_parked_step_of_another_case_is_not_reached(scene: Scene) -> None:
    other = Scene(CardKind.UNLIMITED)
    attention = parked(other, other.case_id)

    response = scene.browser("agent").post(
        reverse("console:retry", args=[scene.case_id, attention.id])
    )

    attention.refresh_from_db()
    assert response.status_code == 409
    assert attention.resolved_at is None


# ---------------------------------------------------------------- refused answers of the carrier
def test_carrier_answers_are_shown_with_what_was_read_back(scene: Scene) -> None:
    models.CarrierIntent.objects.create(
        id=UUID(int=5),
        case_id=scene.case_id,
        line_id=scene.line.id,
        carrier="tmobile",
        op="cut",
        generation=1,
        state="unknown",
        code="TIMEOUT",
        sent_at=datetime.now(UTC),
        observed={"state": "suspended", "at": None, "connected": None, "answer": {}},
    )

    page = text(scene.browser("agent").get(scene.url()))

    assert "unknown, is read back" in page
    assert "Read back: suspended" in page


def test_facts_of_the_account_are_the_live_ones(scene: Scene) -> None:
    account = models.Account.objects.get(id=scene.line.account_id)
    facts = codec.ACCOUNT.validate_python(account.facts)
    facts = replace(facts, details=replace(facts.details, address="12 New Street, Springfield"))
    models.Account.objects.filter(id=account.id).update(
        facts=codec.ACCOUNT.dump_python(facts, mode="json")
    )

    page = text(scene.browser("agent").get(scene.url()))

    assert "12 New Street, Springfield" in page
