"""A case, what happened in it, and which step is owed when."""

from typing import ClassVar

from django.db import models

from signoff.records.models.book import Account, Line
from signoff.records.models.people import User


class Case(models.Model):
    """One wish to end one line. `state` is a domain.case.State and moves by compare-and-set.

    `shown` is the statement the subscriber saw when declaring; nothing beyond it is ever charged
    (M4). `final` is the statement at the end. `words` holds what the subscriber wrote. `acting` is
    the domain.account.Right of who declared it, `request` the joint request it belongs to. No
    column that changes is indexed, so that moving a case rewrites no index.
    """

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=16, unique=True)
    brand = models.CharField(max_length=40)
    place = models.CharField(max_length=20)
    policy_digest = models.CharField(max_length=64)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="cases")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="cases")
    declared_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=20)
    language = models.CharField(max_length=8)
    lane = models.SmallIntegerField(default=0)
    reason = models.CharField(max_length=30)
    words = models.TextField(blank=True, default="")
    number_choice = models.CharField(max_length=20)
    balance_choice = models.CharField(max_length=20, blank=True, default="")
    balance_to = models.CharField(max_length=16, blank=True, default="")
    effective_rule = models.CharField(max_length=20)
    declared_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    state = models.CharField(max_length=20)
    version = models.IntegerField(default=1)
    last_seq = models.IntegerField(default=0)
    confirm_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    review_due_at = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    claimed_at = models.DateTimeField(null=True)
    outcome_reason = models.CharField(max_length=30, blank=True, default="")
    outcome_words = models.TextField(blank=True, default="")
    proof = models.JSONField(null=True)
    shown = models.JSONField()
    final = models.JSONField(null=True)
    ended_at = models.DateTimeField(null=True)
    restore_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    acting = models.CharField(max_length=12, default="holder", db_default="holder")
    request = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["request"],
                condition=models.Q(request__isnull=False),
                name="cases_of_request",
            )
        ]


class Event(models.Model):
    """Something that happened in a case, in words of domain.events; the log's leaf (DESIGN 6).

    `digest` covers everything but `personal`, of which it covers a salted hash: erasing `personal`
    (and the salt, at the end) leaves the log whole.
    """

    id = models.BigAutoField(primary_key=True)
    case_id = models.UUIDField()
    seq = models.IntegerField()
    code = models.CharField(max_length=40)
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    facts = models.JSONField()
    personal = models.JSONField(null=True)
    personal_hash = models.BinaryField(null=True)
    salt = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case_id", "seq"], name="one_event_per_place")
        ]


class Due(models.Model):
    """A step that is owed: for which subject, when, in which lane, and who works on it now.

    `subject` is a case, a notice or a payment intent, as the step says. A leased row belongs to a
    worker until `lease_until`; afterwards the next one reads back before it repeats.
    """

    subject = models.UUIDField()
    step = models.CharField(max_length=24)
    lane = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "step"], name="one_due_per_step")
        ]
        indexes: ClassVar = [
            models.Index(fields=["step", "lane", "due_at"], name="due_in_order"),
        ]


class Attention(models.Model):
    """A step that no repetition will mend: a person must look (E5). Closed when it is resolved."""

    subject = models.UUIDField()
    step = models.CharField(max_length=24)
    code = models.CharField(max_length=80)
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject", "step"],
                condition=models.Q(resolved_at__isnull=True),
                name="one_open_attention",
            )
        ]


class PolicyVersion(models.Model):
    """A policy as it held when a case was opened under it: the merged document, by its digest."""

    digest = models.CharField(max_length=64, primary_key=True)
    brand = models.CharField(max_length=40)
    place = models.CharField(max_length=20)
    content = models.JSONField()
