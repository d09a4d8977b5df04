"""What leaves the house: written down before it goes, with a key that makes it happen once."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class CarrierIntent(models.Model):
    """One operation on one line at its carrier (carriers.md 1.3), at most once per generation."""

    class State(models.TextChoices):
        PLANNED = "planned"
        SENT = "sent"
        ACCEPTED = "accepted"
        UNKNOWN = "unknown"
        CONFIRMED = "confirmed"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True)
    case_id = models.UUIDField(db_index=True)
    line_id = models.BigIntegerField()
    carrier = models.CharField(max_length=40)
    op = models.CharField(max_length=10)
    generation = models.IntegerField()
    state = models.CharField(max_length=12, choices=State.choices)
    reference = models.CharField(max_length=120, blank=True, default="")
    code = models.CharField(max_length=80, blank=True, default="")
    attempts = models.IntegerField(default=1)
    sent_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    observed = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["line_id", "op", "generation"], name="one_intent_per_operation"
            )
        ]


class PaymentIntent(models.Model):
    """One movement of money; `key` goes to the provider and is unique here."""

    class Kind(models.TextChoices):
        CHARGE = "charge"
        REFUND = "refund"

    class State(models.TextChoices):
        PLANNED = "planned"
        SENT = "sent"
        UNKNOWN = "unknown"
        DONE = "done"
        REFUSED = "refused"
        MANUAL = "manual"

    id = models.UUIDField(primary_key=True)
    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    provider = models.CharField(max_length=40)
    account_id = models.BigIntegerField(db_index=True)
    case_id = models.UUIDField(null=True, db_index=True)
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    target = models.CharField(max_length=120)
    source = models.CharField(max_length=120)
    reference = models.CharField(max_length=120, blank=True, default="")
    code = models.CharField(max_length=80, blank=True, default="")
    attempts = models.IntegerField(default=0)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)


class Notice(models.Model):
    """One message to one person: named by its wording folder, filled with plain values.

    `check_code` lets the reader verify on the site that the message is ours (S2).
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        SENDING = "sending"
        """A text being handed over: found so again, it may have gone, and is not repeated."""
        SENT = "sent"
        UNSURE = "unsure"
        """A text of which nobody knows whether it went."""
        SKIPPED = "skipped"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True)
    case_id = models.UUIDField(null=True, db_index=True)
    name = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    medium = models.CharField(max_length=10, default="mail")
    recipient = models.CharField(max_length=254)
    values = models.JSONField()
    attachment = models.CharField(max_length=20, blank=True, default="")
    check_code = models.CharField(max_length=16, db_index=True)
    state = models.CharField(max_length=10, choices=State.choices)
    code = models.CharField(max_length=80, blank=True, default="")
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=80, blank=True, default="", db_default="")
    """Of a text, what the network calls it, so that a receipt finds it."""

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["recipient", "at"], name="texts_to_a_number", condition=Q(medium="sms")
            ),
            models.Index(
                fields=["reference"], name="texts_by_reference", condition=~Q(reference="")
            ),
            models.Index(
                fields=["at"], name="texts_on_their_way", condition=Q(medium="sms", state="sending")
            ),
        ]


class SeenCallback(models.Model):
    """A carrier's message that was taken in; a second delivery of it changes nothing."""

    carrier = models.CharField(max_length=40)
    event_id = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["carrier", "event_id"], name="one_callback_once")
        ]


class TextOptOut(models.Model):
    """A number that wants no texts but the codes it asks for; known by a keyed digest alone."""

    digest = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
