"""Templates to replies: the environment, how numbers are written, and the headers that close a page to the outside."""

import math
from collections.abc import Mapping
from functools import cache
from typing import Final

from fastapi import Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from adapter.ui.moments import moment_text

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
UNKNOWN: Final = "-"


def page(template: str, context: Mapping[str, object], *, code: int = 200) -> Response:
    """Return a template as a page.

    Args:
        template: its file name.
        context: what it shows; a name that it uses and that is missing is an error.
        code: HTTP status.
    """
    text = _environment().get_template(template).render(context)
    return Response(text, status_code=code, media_type="text/html; charset=utf-8", headers=HEADERS)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("adapter.ui"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, percent=percent, span=span, moment=moment_text, drawn=Markup)
    return environment


def number(value: float | None) -> str:
    """Return a number with at most four digits that count, or a dash where it is not known.

    Example:
        >>> [number(each) for each in (3, 0.12344, 123456.0, None)]
        ['3', '0.1234', '123,456', '-']
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def percent(value: float | None) -> str:
    """Return a share in per cent, or a dash where it is not known.

    Example:
        >>> percent(0.9712)
        '97.1%'
    """
    return UNKNOWN if value is None or math.isnan(value) else f"{value:.1%}"


def span(seconds: float | None) -> str:
    """Return a duration in the largest unit that leaves at least two of it, or a dash where it is not known.

    Example:
        >>> [span(each) for each in (4.2, 90.0, 240.0, 7200.0)]
        ['4 s', '90 s', '4 min', '2 h']
    """
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    for size, unit in ((86_400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"
