"""Time zones as pages name them: offsets, and the abbreviations that readers know."""

from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Minutes east of Greenwich.
_OFFSETS = {
    "UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "WEST": 60, "CET": 60, "MEZ": 60, "WAT": 60, "CEST": 120, "MESZ": 120,
    "EET": 120, "SAST": 120, "CAT": 120, "EEST": 180, "MSK": 180, "EAT": 180, "TRT": 180, "GST": 240, "PKT": 300,
    "IST": 330, "NPT": 345, "WIB": 420, "ICT": 420, "WITA": 480, "SGT": 480, "HKT": 480, "MYT": 480, "PHT": 480,
    "AWST": 480, "WIT": 540, "JST": 540, "KST": 540, "ACST": 570, "AEST": 600, "ACDT": 630, "AEDT": 660, "NZST": 720,
    "NZDT": 780, "BRT": -180, "ART": -180, "ADT": -180, "CLT": -240, "AST": -240, "EDT": -240, "EST": -300, "CDT": -300,
    "CST": -360, "MDT": -360, "MST": -420, "PDT": -420, "PST": -480, "AKDT": -480, "AKST": -540, "HST": -600,
}  # fmt: skip
# Names that follow the daylight saving of their place.
_PLACES = {
    "ET": "America/New_York", "EASTERN": "America/New_York", "CT": "America/Chicago", "CENTRAL": "America/Chicago",
    "MT": "America/Denver", "MOUNTAIN": "America/Denver", "PT": "America/Los_Angeles", "PACIFIC": "America/Los_Angeles",
}  # fmt: skip
# Names that mean different zones in different countries, by the host's last label.
_BY_COUNTRY = {
    ("IST", "ie"): "Europe/Dublin",
    ("IST", "il"): "Asia/Jerusalem",
    ("CST", "cn"): "Asia/Shanghai",
    ("CST", "tw"): "Asia/Taipei",
}
_FARTHEST = 14 * 60  # minutes: no zone is farther from Greenwich


def zone_named(name: str, country: str = "") -> tzinfo | None:
    """The zone of "+0200", "EDT", "ET" or "Z", as the country of the host understands it; None for an unknown one."""
    if name == "Z":
        return UTC
    if name[:1] in ("+", "-"):
        return _offset(name)
    name = name.upper()
    if place := _BY_COUNTRY.get((name, country)) or _PLACES.get(name):
        try:
            return ZoneInfo(place)
        except ZoneInfoNotFoundError:
            return None
    minutes = _OFFSETS.get(name)
    return None if minutes is None else timezone(timedelta(minutes=minutes))


def _offset(text: str) -> tzinfo | None:
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    total = (hours * 60 + minutes) * (-1 if text[0] == "-" else 1)
    return timezone(timedelta(minutes=total)) if abs(total) <= _FARTHEST and minutes < 60 else None


def name_of(offset: timedelta) -> str:
    """An offset as ISO 8601 writes it; UTC for none."""
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "UTC"
