from hypothesis import given
from hypothesis import strategies as st

from adapter.core.stabilization import Window, highest, slide, trim

STEPS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), min_size=1, max_size=30)


@given(STEPS, st.integers(1, 120))
def test_the_window_agrees_with_looking_at_everything(steps: list[tuple[int, int]], span_s: int) -> None:
    """The maximum of the window is that of all values younger than its span, and its values fall strictly."""
    window: Window = ()
    past: list[tuple[float, int]] = []
    at = 0.0
    for wait, value in steps:
        at += wait
        past.append((at, value))
        window = slide(window, at=at, value=value, span_s=span_s)
        assert highest(window) == max(each for when, each in past if when > at - span_s)
        values = [each for _, each in window]
        assert values == sorted(set(values), reverse=True)


def test_an_entry_counts_for_exactly_its_span() -> None:
    """Up to, not including, the moment it is as old as the span."""
    assert trim(((0.0, 5),), at=59.9, span_s=60.0) == ((0.0, 5),)
    assert highest(trim(((0.0, 5),), at=60.0, span_s=60.0)) is None
