"""Scenes for sunsets: a brand's lines, staff who may end them, a run brought to a stage (O1)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import stage
from signoff.domain.account import CardKind
from signoff.domain.sunset import RunVerdict, Selection, Stage
from signoff.domain.sunset_terms import Terms, Wave
from signoff.records import models
from signoff.testing import facts
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases.sunsets import look
from signoff.usecases.sunsets.look import RunView
from signoff.workflows import runner, sunsets
from signoff.workflows.work import clock

BRAND = "farwander"
_NO_RUN = UUID(int=0)
SILENT = {"details": replace(facts.DETAILS, email="")}
"""An account nobody is written to: mails have tests of their own."""


def terms(**changes: Any) -> Terms:
    """Terms of a sunset whose end has come; nobody is told ahead."""
    now = clock().replace(microsecond=0)
    plain = Terms(
        name="Closing",
        time_zone="UTC",
        sales_stop_at=now - timedelta(days=60),
        notice_by=now - timedelta(days=40),
        refund_open_at=now - timedelta(days=60),
        end_at=now - timedelta(minutes=1),
    )
    return replace(plain, **changes)


def waves_ahead(now: datetime) -> dict[str, Any]:
    """Terms that tell people now, and again later, of an end that is to come."""
    return {
        "sales_stop_at": now - timedelta(days=1),
        "refund_open_at": now - timedelta(days=1),
        "notice_by": now + timedelta(days=1),
        "end_at": now + timedelta(days=40),
        "waves": (Wave(now - timedelta(hours=1)), Wave(now + timedelta(days=30), reminder=True)),
    }


def staff(role: str = "operator", brand: str = BRAND) -> models.User:
    """A staff member of the brand."""
    number = next(stage._numbers)
    user = models.User.objects.create_user(f"{role}{number}@example.com", "secret-pass")
    models.StaffRole.objects.create(user=user, brand=brand, role=role)
    return user


@dataclass
class Scene:
    """A brand's lines and the staff who close it; `id` is the run once there is one."""

    first: models.User
    second: models.User
    auditor: models.User
    holder: models.User
    sandbox: SandboxAdmin | None = None
    lines: list[models.Line] = field(default_factory=list)
    id: UUID = _NO_RUN

    def line(self, **changes: Any) -> models.Line:
        """One more line of the brand, at a carrier that takes it."""
        words: dict[str, Any] = {"account": SILENT, "carrier": "tmobile", **changes}
        made = stage.line(CardKind.TRAVEL, holder=self.holder, sandbox=self.sandbox, **words)
        self.lines.append(made)
        return made

    def create(
        self, given: str | bytes | None = None, *, of: Terms | None = None, **more: Any
    ) -> UUID:
        """A run over a list, or over the whole brand."""
        content = given.encode() if isinstance(given, str) else given
        self.id = sunsets.create(
            brand=BRAND,
            title="The last day",
            terms=of or terms(),
            by=self.first.id,
            selection=more.pop("selection", Selection.BRAND if given is None else Selection.LIST),
            given=io.BytesIO(content) if content is not None else None,
            **more,
        )
        return self.id

    def listed(self, *more: str) -> str:
        """The list of the brand's lines, and what else stands in it."""
        return "\n".join(["msisdn", *(line.msisdn for line in self.lines), *more]) + "\n"

    @property
    def run(self) -> models.Sunset:
        return models.Sunset.objects.get(id=self.id)

    @property
    def stage(self) -> Stage:
        return Stage(self.run.stage)

    @property
    def view(self) -> RunView:
        return look.run(self.id, user_id=self.first.id, now=clock())

    @property
    def report(self) -> dict[str, Any]:
        """The report of a run that is over, without its signature."""
        signed = self.run.report
        assert signed is not None
        found: dict[str, Any] = signed["report"]
        return found

    def rows(self) -> dict[str, str]:
        """What came of each text given."""
        run = self.run
        found = models.SunsetLine.objects.filter(id__gt=run.first_key, id__lte=run.last_key)
        return dict(found.order_by("id").values_list("given", "code"))

    def confirmed(self) -> "Scene":
        """Gathered, rehearsed and confirmed by two."""
        stage.work()
        assert self.stage is Stage.READY
        for who in (self.first, self.second):
            verdict = sunsets.confirm(self.id, by=who.id, count=self.run.lines)
            assert verdict.allowed, verdict
        return self

    def start(self) -> RunVerdict:
        return sunsets.start(self.id, by=self.first.id)

    def started(self) -> "Scene":
        self.confirmed()
        assert self.start().allowed
        return self

    def finish(self, *, until: Sequence[Stage] = (Stage.DONE, Stage.ABORTED)) -> "Scene":
        """What workers do until the run is over."""
        for _ in range(40):
            stage.work()
            if self.stage in until:
                return self
            stage.hasten()
        raise AssertionError(f"still {self.stage}: {self.rows()}, {runner.due_steps()}")


def scene(sandbox: SandboxAdmin | None = None, *, lines: int = 0) -> Scene:
    """A brand with so many lines."""
    people = stage.cast(BRAND)
    made = Scene(staff(), staff("supervisor"), staff("auditor"), people.subscriber, sandbox)
    for _ in range(lines):
        made.line()
    return made
