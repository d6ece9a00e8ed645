"""Names for bare numbers, and Kubernetes quantity text to number and back.

Why it exists: the wire speaks quantities ("12500m"), the arithmetic floats, and the HPA reads integer thousandths
("milli"). The rounding between the three decides replicas, so it lives in one place and is done on decimals.
Must not know: what the numbers mean, time, the cluster.

Source: `k8s.io/apimachinery/pkg/api/resource` (`quantity.go`, `amount.go`, `suffix.go`), as of Kubernetes 1.36.
"""

import math
import re
from decimal import ROUND_HALF_EVEN, ROUND_UP, Context, Decimal
from typing import Final, NewType

Seconds = NewType("Seconds", float)
"""A duration, or an instant counted from the epoch (UTC)."""

PerSecond = NewType("PerSecond", float)
"""A rate: requests, tokens or engine-seconds per second."""

Ratio = NewType("Ratio", float)
"""A dimensionless share or quotient; 0.1 is ten per cent."""

Milli = NewType("Milli", int)
"""Thousandths, the unit in which the HPA reads every quantity."""

_INT64_MAX: Final = 2**63 - 1
_NANO: Final = Decimal("1e-9")
_ENCODABLE: Final = (
    Decimal(10) ** 12
)  # beyond it int64 milli arithmetic of older controllers and KEDA comes near overflow
_EXACT: Final = Context(
    prec=60
)  # 19 digits before the point, 9 after, and room: nothing below is ever rounded by precision

_QUANTITY: Final = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE](?P<exponent>[+-]?[0-9]+)|(?P<suffix>[numkMGTPE]|[KMGTPE]i)?)",
)
_SCALE: Final = {
    **{letter: Decimal(10) ** (3 * power) for power, letter in enumerate("num", start=-3)},
    **{letter: Decimal(10) ** (3 * power) for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Decimal(2) ** (10 * power) for power, letter in enumerate("KMGTPE", start=1)},
}
_GRAMMAR: Final = (
    "a number with an optional sign and at most one dot, then at most one of n u m k M G T P E, Ki Mi Gi Ti Pi Ei, "
    "or an exponent such as e3"
)


def parse_quantity(text: str) -> Decimal:
    """Return the value of Kubernetes quantity text, exactly as the API server would keep it.

    Args:
        text: quantity text such as "1500m", "2Gi", "1E5" or ".5"; blanks around it are ignored.

    Returns:
        The value; finer than nano is rounded away from zero, beyond 2**63 - 1 it is capped there.

    Raises:
        ValueError: the text is not a quantity (empty, "NaN", "5e", "1K", "1_000", ...).

    Example:
        >>> parse_quantity("1500m"), parse_quantity("1E") == parse_quantity("1E18")
        (Decimal('1.500'), True)
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a Kubernetes quantity; allowed is {_GRAMMAR}")
    number = Decimal(match["number"])
    if match["exponent"]:
        return _bounded(_shifted(number, int(match["exponent"])))
    return _bounded(_EXACT.multiply(number, _SCALE.get(match["suffix"] or "", Decimal(1))))


def milli_value(value: Decimal) -> Milli:
    """Return thousandths of a value as the HPA reads them: rounded away from zero, capped at int64.

    Args:
        value: any finite decimal.

    Example:
        >>> milli_value(Decimal("1.0001")), milli_value(Decimal("-0.0001"))
        (1001, -1)
    """
    milli = int(_EXACT.multiply(value, Decimal(1000)).to_integral_value(rounding=ROUND_UP))
    return Milli(max(-_INT64_MAX, min(milli, _INT64_MAX)))


def parse_milli(text: str) -> Milli:
    """Return the thousandths that the HPA reads from quantity text.

    Args:
        text: quantity text, see `parse_quantity`.

    Raises:
        ValueError: the text is not a quantity.

    Example:
        >>> parse_milli("0.0001"), parse_milli("2k")
        (1, 2000000)
    """
    return milli_value(parse_quantity(text))


def to_milli(value: float, *, allow_negative: bool = False) -> Milli:
    """Return the thousandths to emit for a float: to the nearest nano first, then up.

    The nearest nano comes first because binary floats carry noise: 0.1 + 0.2 is 0.30000000000000004, whose bare ceiling
    would be 301 milli, and noise of 1e-17 where zero was meant would keep one replica for ever.

    Args:
        value: finite, magnitude at most 1e12, any unit.
        allow_negative: without it, negatives become 0: demand and replicas have no negative.

    Raises:
        ValueError: the value is NaN, infinite or beyond 1e12. "No data" is never a number: answer an error instead.

    Example:
        >>> to_milli(0.1 + 0.2), to_milli(12.3451), to_milli(-3.0)
        (300, 12346, 0)
    """
    if not math.isfinite(value):
        raise ValueError(
            f"a metric value must be a finite number, got {value}; missing data must be an error, not a value"
        )
    exact = Decimal(value)
    if abs(exact) > _ENCODABLE:
        raise ValueError(f"a metric value must lie within -1e12 and 1e12, got {value}; choose a larger unit")
    if exact < 0 and not allow_negative:
        return Milli(0)
    return milli_value(exact.quantize(_NANO, rounding=ROUND_HALF_EVEN, context=_EXACT))


def format_milli(milli: Milli) -> str:
    """Return quantity text for thousandths; any client accepts this form though "1500m" could also read "1.5".

    Args:
        milli: thousandths of the value.

    Example:
        >>> format_milli(Milli(11000))
        '11000m'
    """
    return f"{milli}m"


def format_quantity(value: float, *, allow_negative: bool = False) -> str:
    """Return the quantity text to emit for a float; see `to_milli` for arguments, rounding and errors.

    Example:
        >>> format_quantity(12.5), format_quantity(0.1 + 0.2), format_quantity(0.0)
        ('12500m', '300m', '0m')
    """
    return format_milli(to_milli(value, allow_negative=allow_negative))


def _shifted(number: Decimal, exponent: int) -> Decimal:
    """Return number * 10**exponent; the exponent is cut where int64 and nano end anyway: "1e999999999" is cheap."""
    digits = len(number.as_tuple().digits) + 30
    return number.scaleb(max(-digits, min(exponent, digits)), context=Context(prec=max(60, digits)))


def _bounded(value: Decimal) -> Decimal:
    """Cap at int64 and round anything finer than nano away from zero."""
    capped = max(Decimal(-_INT64_MAX), min(value, Decimal(_INT64_MAX)))
    if capped == capped.quantize(_NANO, rounding=ROUND_UP, context=_EXACT):
        return capped
    return capped.quantize(_NANO, rounding=ROUND_UP, context=_EXACT)
