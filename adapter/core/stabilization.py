"""Sliding extremes: what was the highest plan of the last minutes.

A window is a tuple of (time, value) pairs whose values fall strictly: everything a later, higher value overshadows is
dropped at once, so a window stays a few entries long however often it is asked. It remembers nothing older than its
span, which is what lets a restarted process rebuild it from that span of history alone.

Source of the method: monotone queue for sliding-window maxima, as in Knative's autoscaler windows.
"""

Window = tuple[tuple[float, int], ...]
"""(time in seconds since epoch, value), times rising, values falling."""


def slide(window: Window, *, at: float, value: int, span_s: float) -> Window:
    """Return the window after a new value; its maximum is its first entry's value.

    Args:
        window: the window so far.
        at: time of the new value, at or after every time in the window.
        value: the new value.
        span_s: how long a value counts, >= 0; with 0 only the new one does.

    Example:
        >>> slide(((0.0, 5), (60.0, 3)), at=90.0, value=4, span_s=80.0)
        ((90.0, 4),)
        >>> slide(((0.0, 5), (60.0, 3)), at=90.0, value=2, span_s=80.0)
        ((60.0, 3), (90.0, 2))
    """
    kept = tuple(entry for entry in trim(window, at=at, span_s=span_s) if entry[1] > value)
    return (*kept, (at, value))


def trim(window: Window, *, at: float, span_s: float) -> Window:
    """Return the window without what is older than its span."""
    return tuple(entry for entry in window if entry[0] > at - span_s)


def highest(window: Window) -> int | None:
    """Return the maximum of a window, None if it is empty."""
    return window[0][1] if window else None
