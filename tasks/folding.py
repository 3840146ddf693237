"""What two writings of one text share: its letters and digits, without case, signs and spaces."""

import unicodedata


def squeeze(text: str) -> str:
    """The letters and digits alone, case folded."""
    text = unicodedata.normalize("NFKC", text) if not text.isascii() else text
    return "".join(filter(str.isalnum, text)).casefold()


def fold(text: str) -> str:
    """The words in lower case, one space between, without signs."""
    text = unicodedata.normalize("NFKC", text) if not text.isascii() else text
    return " ".join("".join(char if char.isalnum() else " " for char in text.casefold()).split())
