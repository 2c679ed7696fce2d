"""What ends a run."""


class BenchError(Exception):
    """The run cannot go on, for a reason that its operator can mend; one sentence."""


class WrongAnswer(BenchError):  # noqa: N818 - what it says.
    """The shop lost an order, sold something twice or answered wrongly: such a run reports nothing."""
