"""What is wrong with the files that the program itself works with."""


class FileOfOursError(ValueError):
    """A model or a rule file that cannot be used; the message is one line and says which and why."""
