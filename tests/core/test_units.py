from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.units import Milli, format_milli, format_quantity, milli_value, parse_milli, parse_quantity, to_milli

ACCEPTED = [
    ("0", "0"),
    ("12", "12"),
    ("+12", "12"),
    ("-12", "-12"),
    (".5", "0.5"),
    ("5.", "5"),
    (" 7 ", "7"),
    ("007", "7"),
    ("3n", "0.000000003"),
    ("3u", "0.000003"),
    ("1500m", "1.5"),
    ("2k", "2000"),
    ("2M", "2000000"),
    ("2G", "2e9"),
    ("2T", "2e12"),
    ("2P", "2e15"),
    ("1E", "1e18"),
    ("1E5", "100000"),
    ("1e5", "100000"),
    ("1e+2", "100"),
    ("1E-2", "0.01"),
    ("1Ki", "1024"),
    ("1.5Mi", "1572864"),
    ("1Gi", str(2**30)),
    ("1Ti", str(2**40)),
    ("1Pi", str(2**50)),
    ("1Ei", str(2**60)),
]
REFUSED = [
    "",
    " ",
    ".",
    "+",
    "5e",
    "1K",
    "1ki",
    "1mi",
    "1ni",
    "NaN",
    "Inf",
    "-inf",
    "1,000",
    "1_000",
    "1.2.3",
    "1 k",
    "0x1",
    "--1",
    "1e5m",
    "٣",
]


@pytest.mark.parametrize(("text", "value"), ACCEPTED)
def test_quantity_text_reads_as_its_exact_value(text: str, value: str) -> None:
    """Every sign, dot, suffix family and exponent of the grammar."""
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", REFUSED)
def test_text_outside_the_grammar_is_named_in_the_error(text: str) -> None:
    """The message carries the text and what is allowed."""
    with pytest.raises(ValueError, match="is not a Kubernetes quantity; allowed is") as caught:
        parse_quantity(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.1n", "1e-9"), ("-0.1n", "-1e-9"), ("1.0000000001", "1.000000001"), ("1e-400", "1e-9"), ("0e9999", "0")],
)
def test_finer_than_nano_rounds_away_from_zero(text: str, value: str) -> None:
    """Precision stops at nano and never rounds something to nothing."""
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1e19", "8Ei", "1e999999999", "99999999999999999999"])
def test_values_beyond_int64_are_capped(text: str) -> None:
    """The API server caps, so do we, also for absurd exponents and without spending time on them."""
    assert parse_quantity(text) == 2**63 - 1
    assert parse_quantity(f"-{text}") == -(2**63 - 1)
    assert parse_milli(text) == 2**63 - 1


@pytest.mark.parametrize(
    ("text", "milli"),
    [("0.0001", 1), ("1.0001", 1001), ("-0.0001", -1), ("-1.0001", -1001), ("12500m", 12500), ("0", 0)],
)
def test_milli_rounds_away_from_zero_as_the_hpa_reads_it(text: str, milli: int) -> None:
    """The examples of `MilliValue()`."""
    assert parse_milli(text) == milli


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0m"),
        (-0.0, "0m"),
        (12.5, "12500m"),
        (0.1 + 0.2, "300m"),
        (1e-05, "1m"),
        (0.0001, "1m"),
        (1e-17, "0m"),
        (-3.0, "0m"),
        (11, "11000m"),
        (1e12, "1000000000000000m"),
    ],
)
def test_emitted_text_is_plain_milli_without_float_noise(value: float, text: str) -> None:
    """0.1 + 0.2 is 300m, not 301m; 1e-05 never prints as an exponent; negatives are 0."""
    assert format_quantity(value) == text


def test_negatives_survive_where_they_are_meant() -> None:
    """Rounded as the HPA would read the same number."""
    assert to_milli(-0.0001, allow_negative=True) == -1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nan_and_infinity_are_refused(value: float) -> None:
    """They would break the whole list on the wire, and missing data is never a number."""
    with pytest.raises(ValueError, match=r"finite number, got .*missing data must be an error"):
        format_quantity(value)


def test_values_near_overflow_are_refused() -> None:
    """Older controllers overflow silently, so the limit is named here."""
    with pytest.raises(ValueError, match="1e12"):
        to_milli(1.1e12)


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_what_is_printed_reads_back_the_same(milli: int) -> None:
    """Parsing after formatting is the identity on milli."""
    assert parse_milli(format_milli(Milli(milli))) == milli


@given(st.floats(min_value=0, max_value=1e12))
def test_emitted_value_is_never_below_by_more_than_noise_nor_above_by_a_milli(value: float) -> None:
    """Ceiling after rounding to nano: at most half a nano below, less than one milli above."""
    error = Decimal(to_milli(value)) / 1000 - Decimal(value)
    assert Decimal("-5e-10") <= error < Decimal("0.001")


@given(st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False))
def test_milli_never_loses_magnitude(value: Decimal) -> None:
    """Away from zero, by less than one milli; reckoned exactly, as decimals would round a tiny value to nothing."""
    assert 0 <= abs(milli_value(value)) - abs(Fraction(value)) * 1000 < 1
