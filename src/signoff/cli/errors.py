"""What a command says no with."""


class Refused(Exception):
    """The command cannot do its work; the text says why and what to do, in one line."""
