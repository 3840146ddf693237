"""What one block is: the labeller's working value."""

from dataclasses import dataclass

from tasks.page import Label


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one block is, who said so, and how sure (0 to 1) that it is kept or removed rightly."""

    label: Label
    reason: str
    confidence: float
