"""When a page was fetched, as records and tables say it."""

from datetime import UTC, date, datetime, timedelta

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # there were no pages before
_AHEAD = timedelta(days=2)  # a clock may be set to another zone


def moment_of(value: object) -> datetime | None:
    """When a page was fetched: a date, ISO 8601, 14 digits, or seconds or milliseconds since 1970. UTC if not said.

    None for what is no time, and for what a clock says that is wrong by years.
    """
    try:
        moment = _parsed(value)
        if moment is None:
            return None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _EARLIEST < moment < datetime.now(UTC) + _AHEAD else None


def _parsed(value: object) -> datetime | None:
    match value:
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case str() if len(value) == 14 and value.isdecimal():
            return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        case str():
            return datetime.fromisoformat(value)
        case int() | float() if not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    return None
