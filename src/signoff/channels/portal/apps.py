"""The portal as a Django app: its templates are found through it."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """No tables, no signals, nothing at start."""

    name = "signoff.channels.portal"
    label = "portal"
