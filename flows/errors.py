"""How a command ends when it cannot do what it was asked."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of all commands."""

    WELL = 0
    FAILED = 1
    USAGE = 2
    ALARM = 3  # all went well, but figures of publishers break with their past; with --strict
    INTERRUPTED = 130
    TERMINATED = 143


class CommandError(Exception):
    """A command ends here: `message` is one line for the user."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


def usage(message: object) -> CommandError:
    """Make the error of a command that was called wrongly."""
    return CommandError(str(message), Exit.USAGE)
