"""The account book: billing accounts and lines with their facts (domain.account) as documents."""

from typing import ClassVar

from django.db import models

from signoff.records.models.people import User


class Account(models.Model):
    """A billing account at one brand. `facts` is a domain AccountFacts document.

    `settled_case` is the case of its last line, whose statement settled what belongs to the
    account: bills, balance and points are settled once, not once a line (E8). `imported` is the
    digest of the record it was last imported from: the same record again must not bring back what
    its holder has settled since. `erase_at` is from when its personal data is erased.
    """

    brand = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80)
    holder = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="accounts")
    place = models.CharField(max_length=20)
    language = models.CharField(max_length=8, default="zh-Hans")
    facts = models.JSONField()
    version = models.IntegerField(default=1)
    settled_case = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    erase_at = models.DateTimeField(null=True)
    imported = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "external_id"], name="one_account_per_brand")
        ]


class Line(models.Model):
    """A line. `facts` and `preparation` are domain LineFacts and Preparation documents.

    `case_id` is the open case that owns the line: claiming it by compare-and-set is what makes
    a second declaration find the first (F5). `frozen_at` stops orders, top-ups and charges (P10).
    `generation` rises when a restore reopens the line, so that it may be cut again. `imported` is
    as in Account.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        PENDING_TERMINATE = "pendingTerminate"
        TERMINATED = "terminated"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="lines")
    brand = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80)
    msisdn = models.CharField(max_length=16, db_index=True)
    iccid = models.CharField(max_length=22, unique=True)
    imsi = models.CharField(max_length=16, blank=True, default="")
    carrier = models.CharField(max_length=40)
    carrier_account = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=20, choices=State.choices, default=State.ACTIVE)
    facts = models.JSONField()
    preparation = models.JSONField(default=dict)
    case_id = models.UUIDField(null=True)
    frozen_at = models.DateTimeField(null=True)
    generation = models.IntegerField(default=1)
    version = models.IntegerField(default=1)
    imported = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "external_id"], name="one_line_per_brand")
        ]


class UsageRecord(models.Model):
    """One call or message of a line, kept only to be taken along (P9)."""

    class Kind(models.TextChoices):
        CALL = "call"
        MESSAGE = "message"

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="records", db_index=False)
    external_id = models.CharField(max_length=80)
    at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    outgoing = models.BooleanField()
    peer = models.CharField(max_length=20)
    seconds = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "external_id"], name="one_record_per_line")
        ]


class Contact(models.Model):
    """One entry of a line's address book, kept only to be taken along (P9).

    `phones` and `emails` are lists of text, as their owner wrote them.
    """

    line = models.ForeignKey(
        Line, on_delete=models.CASCADE, related_name="contacts", db_index=False
    )
    external_id = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    phones = models.JSONField(default=list)
    emails = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "external_id"], name="one_contact_per_line")
        ]
