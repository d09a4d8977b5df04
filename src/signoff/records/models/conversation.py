"""What subscriber and brand write to each other about a case, and what staff note."""

from typing import ClassVar

from django.db import models

from signoff.records.models.documents import Document
from signoff.records.models.people import User


class Message(models.Model):
    """One message of a case. Its words are the personal part of its event, at place `seq`.

    So they stand in one place only, are hashed into the log with a salt, and are gone when that
    part is erased (T4). A note is never shown to the subscriber.
    """

    class Side(models.TextChoices):
        SUBSCRIBER = "subscriber"
        STAFF = "staff"
        NOTE = "note"

    id = models.UUIDField(primary_key=True)
    case_id = models.UUIDField()
    seq = models.IntegerField()
    side = models.CharField(max_length=10, choices=Side.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case_id", "seq"], name="one_message_per_place")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["case_id"],
                condition=models.Q(read_at__isnull=True, side="subscriber"),
                name="unread_by_staff",
            )
        ]


class AfterCare(models.Model):
    """What a subscriber has ticked off after the end, and what they were reminded of (X6)."""

    case_id = models.UUIDField(primary_key=True)
    ticked = models.JSONField(default=list)
    reminded = models.JSONField(default=list)
    by_mail = models.BooleanField(default=True)
