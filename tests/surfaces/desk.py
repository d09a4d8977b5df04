"""Helpers for tests of the agents' desk: a case that waits for a decision, and who looks at it."""

from typing import Any

from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.domain.steps import Step
from signoff.records import models
from signoff.usecases import look
from signoff.workflows import act, runner


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


def text(response: Any) -> str:
    return str(response.content.decode())
