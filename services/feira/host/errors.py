"""What the machine may refuse."""


class HostError(Exception):
    """The machine does not allow what was asked. Its text is one sentence for the operator, never a stack trace."""
