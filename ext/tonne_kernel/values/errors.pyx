"""The one error of the kernel's border: a batch that cannot be read."""


class BatchError(ValueError):
    """The batch as a whole cannot be read. Nothing of it was taken.

    Attributes
    ----------
    reason : str
        A stable UPPER_SNAKE word; see the stub of the facade.
    record_index : int
        The first record that could not be read, or -1.
    field : str
        Name of the field or column at fault; empty where there is none.
    """

    def __init__(self, message, *, reason, record_index=-1, field=""):
        super().__init__(message)
        self.reason = reason
        self.record_index = record_index
        self.field = field
