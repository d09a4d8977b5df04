"""Disputes about charges: opened by the subscriber, decided by an agent of the brand."""

from typing import ClassVar

from django.db import models

from signoff.records.models.book import Account, Line
from signoff.records.models.people import User


class Dispute(models.Model):
    """One disputed charge of an account (P4); the account's facts say the same of the charge.

    `rule` is the domain.flags.FlagRule that found it, or empty where the subscriber did. `reason`
    is a domain.disputes.RejectReason, `words` what the subscriber is told about the decision.
    """

    class State(models.TextChoices):
        OPEN = "open"
        UPHELD = "upheld"
        REJECTED = "rejected"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="disputes")
    line = models.ForeignKey(
        Line, on_delete=models.PROTECT, related_name="disputes", db_index=False
    )
    brand = models.CharField(max_length=40)
    bill_id = models.CharField(max_length=80)
    charge_id = models.CharField(max_length=80)
    text = models.CharField(max_length=200, blank=True, default="")
    rule = models.CharField(max_length=30, blank=True, default="")
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices)
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=20, blank=True, default="")
    words = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "charge_id"], name="one_dispute_per_charge")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["brand", "opened_at"],
                condition=models.Q(state="open"),
                name="disputes_that_wait",
            )
        ]
