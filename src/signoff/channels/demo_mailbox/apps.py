"""The Django app that brings the mailbox's templates."""

from django.apps import AppConfig


class DemoMailboxConfig(AppConfig):
    """Templates only."""

    name = "signoff.channels.demo_mailbox"
    label = "demo_mailbox"
