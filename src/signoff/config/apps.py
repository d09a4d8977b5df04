"""The Django app that fills the ports' registry when Django is ready."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Runs the wiring once per process; starts nothing and asks no database."""

    name = "signoff.config"
    label = "config"

    def ready(self) -> None:
        from signoff.config import wiring  # it reaches the tables, which are ready only now

        wiring.wire()
