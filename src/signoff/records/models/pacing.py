"""What all processes of an installation must agree on before they speak to a carrier."""

from datetime import UTC, datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Pace(models.Model):
    """The pace of one account at a carrier: one small row, by the database's clock.

    `in_flight` holds the end of each lease on a turn; the end is also the mark by which its holder
    knows it again. `granted` says how many of them, at the end of the list, came last, and
    `last_by` to which process. Who was refused may stand in front until `front_until`: the next
    free turn is kept for it.
    """

    name = models.CharField(max_length=120, primary_key=True)
    next_at = models.DateTimeField(default=LONG_AGO)
    in_flight = ArrayField(models.DateTimeField(), default=list)
    granted = models.IntegerField(default=0)
    last_by = models.BigIntegerField(default=0)
    front_by = models.BigIntegerField(default=0)
    front_bulk = models.BooleanField(default=False)
    front_until = models.DateTimeField(default=LONG_AGO)
