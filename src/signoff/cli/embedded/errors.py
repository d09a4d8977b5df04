"""Why the embedded database cannot serve: one line, with the mend."""


class EmbeddedError(Exception):
    """The embedded database cannot be started."""


class AlreadyRunning(EmbeddedError):
    """Another process owns this home's database; `pid` is its number, 0 if it did not say."""

    def __init__(self, home: str, pid: int = 0) -> None:
        super().__init__(home, pid)
        self.home, self.pid = home, pid

    def __str__(self) -> str:
        return (
            f"already running (pid {self.pid or 'unknown'}) on {self.home}; "
            "stop it, or choose another folder with SIGNOFF_HOME"
        )
