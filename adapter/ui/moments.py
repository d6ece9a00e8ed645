"""Times in queries and on pages: RFC 3339 with a zone, or seconds since the epoch, in; UTC out."""

from datetime import UTC, datetime

from fastapi import HTTPException, Request


def moment(request: Request, name: str, *, otherwise: float) -> float:
    """Return a time from the query of a request, in seconds since the epoch.

    Raises:
        HTTPException: 400, it is neither a number nor a time with a zone.
    """
    text = request.query_params.get(name)
    if text is None:
        return otherwise
    try:
        return _seconds(text)
    except (ValueError, OverflowError):
        raise HTTPException(
            400, f"{name}={text} is no time; allowed are seconds since the epoch and times such as 2026-01-31T18:00:00Z"
        ) from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not escaped arrives as a space
        if at.tzinfo is None:
            raise ValueError("no zone") from None
        seconds = at.timestamp()
    if not 0 <= seconds < 1e11:
        raise ValueError("not a time of ours")
    return seconds


def moment_text(at: float) -> str:
    """Return a time for people.

    Example:
        >>> moment_text(1787220000.0)
        '2026-08-20 10:00:00 UTC'
    """
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
