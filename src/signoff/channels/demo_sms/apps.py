"""The Django app that brings the phones' templates."""

from django.apps import AppConfig


class DemoSmsConfig(AppConfig):
    """Templates only."""

    name = "signoff.channels.demo_sms"
    label = "demo_sms"
