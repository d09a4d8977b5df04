"""Who else may speak for an account or a line, what is asked of its holder, and joint requests."""

from typing import ClassVar

from django.db import models

from signoff.records.models.book import Account, Line
from signoff.records.models.people import User


class Entitlement(models.Model):
    """Somebody's right beside the holder's (A7): on one line, or on all lines of the account.

    `right` is a domain.account.Right. `ended_at` is when the account closed with its last line: the
    right is over, and back should the account open again.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="entitlements")
    line = models.ForeignKey(Line, on_delete=models.CASCADE, null=True, related_name="entitlements")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="entitlements")
    right = models.CharField(max_length=12)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "line", "user"], name="one_right_each", nulls_distinct=False
            )
        ]


class AccountRequest(models.Model):
    """One declaration for several lines of an account; each line has a case of its own (E8).

    `key` makes a second submission find the first; `content` is a digest of what was asked with it.
    `whole` says that nothing of the account was left out. Times and choices stand on the cases.
    """

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=16, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="requests")
    declared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    acting = models.CharField(max_length=12)
    channel = models.CharField(max_length=20)
    language = models.CharField(max_length=8)
    declared_at = models.DateTimeField()
    whole = models.BooleanField()
    key = models.CharField(max_length=64)
    content = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["declared_by", "key"], name="one_request_per_key")
        ]


class Ask(models.Model):
    """A user's wish that their line be ended, which its holder confirms or declines (A7).

    It is confirmed by the declaration itself, in whatever way that is made.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CONFIRMED = "confirmed"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True)
    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="asks")
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=8)
    reason = models.CharField(max_length=30)
    words = models.TextField(blank=True, default="")
    number_choice = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State.choices)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["line"], condition=models.Q(state="open"), name="one_open_ask_per_line"
            )
        ]
