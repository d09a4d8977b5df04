"""The root of what adapters raise. Expected answers are outcomes; these are left for no answer."""


class AdapterError(Exception):
    """The outside gave no answer."""

    permanent = False
    """Whether a repetition without a change on our side is pointless."""

    def __init__(self, code: str | None = None) -> None:
        """Take the other side's code; the message is the class's own, so nothing personal slips in.

        A class's docstring is its message.
        """
        message = (type(self).__doc__ or type(self).__name__).partition("\n")[0].rstrip(".")
        super().__init__(f"{message} ({code})" if code else message)
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way to another process."""
        return (type(self), (self.code,))
