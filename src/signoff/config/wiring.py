"""The composition root: which adapter answers at which port."""


def wire() -> None:
    """Fills ports.registry. Called once, when Django is ready."""
