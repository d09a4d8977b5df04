"""Files that take a while to make: built in the background, kept encrypted for a while."""

from django.db import models

from signoff.records.models.book import Line
from signoff.records.models.people import User


class Archive(models.Model):
    """One archive somebody asked for. Its bytes lie in the document store under its id.

    `done` of `total` says how far the making is; `options` hold what the kind of archive needs to
    know (plain values, never a secret). `case_id` is None where it is about a line without a case.
    """

    class Kind(models.TextChoices):
        DATA = "data"
        EVIDENCE = "evidence"

    class State(models.TextChoices):
        ASKED = "asked"
        READY = "ready"
        FAILED = "failed"
        GONE = "gone"

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="archives")
    case_id = models.UUIDField(null=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=8)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    size = models.IntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
