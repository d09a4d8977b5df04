"""The Django app that brings the desk's templates."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Templates only; the tables are in records."""

    name = "signoff.console"
    label = "console"
