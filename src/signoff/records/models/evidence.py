"""The tamper-evident log: sealed chunks of events, signed checkpoints, certificates (DESIGN 6)."""

from django.db import models


class EvidenceChunk(models.Model):
    """Leaves [1024 n, 1024 (n + 1)) of the log: its events by first and last id, and its root.

    Only the newest chunk may hold fewer than 1,024 leaves; it is rewritten as it grows.
    """

    number = models.BigIntegerField(primary_key=True)
    first_event_id = models.BigIntegerField()
    last_event_id = models.BigIntegerField()
    size = models.IntegerField()
    root = models.BinaryField()


class Checkpoint(models.Model):
    """A signed statement of the log's size and root (C2SP checkpoint note)."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    signed_at = models.DateTimeField()
    note = models.TextField()


class Certificate(models.Model):
    """A certificate of line termination: the certified body and the issuer's signature over it.

    The file is made from these, from its event at place `seq` of the case, and from the log's
    first checkpoint over that event.
    """

    id = models.UUIDField(primary_key=True)
    case_id = models.UUIDField(unique=True)
    seq = models.IntegerField()
    issued_at = models.DateTimeField()
    body = models.JSONField()
    signature = models.BinaryField()
