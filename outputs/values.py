"""Values of the archive's columns as plain text: for JSON, and for a cell of CSV or of a table."""

import json
import struct
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def for_json(value: Any) -> Any:
    """What `json.dumps` cannot write by itself: moments as ISO 8601, numbers of any size as numbers."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def as_cell(value: Any) -> str:
    """One value on one cell: nothing for null, lists of texts joined by "; ", other nested values as JSON."""
    match value:
        case None:
            cell = ""
        case bool():
            cell = str(value).lower()
        case float():
            cell = _number(value)
        case datetime():
            cell = value.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
        case list() if all(isinstance(part, str) for part in value):
            cell = "; ".join(value)
        case list() | dict():
            cell = json.dumps(value, ensure_ascii=False, default=for_json)
        case _:
            cell = str(for_json(value))
    return cell


def _number(value: float) -> str:
    """The shortest digits that mean the number: a column of 4 bytes knows no more than seven."""
    try:
        is_single = struct.unpack("f", struct.pack("f", value))[0] == value
    except OverflowError:
        is_single = False
    return f"{value:.7g}" if is_single else repr(value)
