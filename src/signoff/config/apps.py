"""The Django app that fills the ports' registry when Django is ready."""

from django.apps import AppConfig

from signoff.config import wiring


class ConfigConfig(AppConfig):
    """Runs the wiring once per process; starts nothing and asks no database."""

    name = "signoff.config"
    label = "config"

    def ready(self) -> None:
        wiring.wire()
