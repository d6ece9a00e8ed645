"""Why, and why not, in words."""

from adapter.core.decision import Step, StepName
from adapter.ui.sentences import why, why_not
from tests.factories import decision, hold


def test_why_names_the_last_step_that_set_the_plan() -> None:
    """What the HPA makes of it comes after."""
    landing = Step(name=StepName.SHAPE, before=6, after=7, reason="the tolerance swallows 6")
    steps = (*decision().steps, landing)
    assert why(decision()) == "6 replicas: replicas.max is 6 (bounds)"
    assert why(decision(steps=steps)).endswith("(bounds); then 7: the tolerance swallows 6 (shape)")


def test_why_tells_that_advice_is_not_served() -> None:
    """In advise mode the plan and what is served differ."""
    advise = Step(name=StepName.ADVISE, before=1, after=4, reason="mode is advise")
    shown = decision(mode="advise", planned=1, served=4, steps=(*decision().steps[:1], advise))
    assert why(shown).startswith("1 replica: work of 3.1")
    assert why(shown).endswith("; then 4: mode is advise (advise)")


def test_why_not_names_what_lowered_and_what_raised_the_number() -> None:
    """The bounds kept it from 8, the forecast from 4."""
    assert why_not(decision()) == (
        "not 8: replicas.max is 6 (bounds); not 4: a peak of 7.2 is expected within the lead time of 180 s (predictive)"
    )


def test_why_not_fewer_names_the_load_where_no_step_raised_the_number() -> None:
    """What set the number is what asks for as many; without any step nothing is asked for."""
    assert why_not(decision(steps=decision().steps[:1])) == (
        "not more: nothing asks for more; not fewer: work of 3.1 engine-seconds/s needs 4 replicas (reactive)"
    )
    assert why_not(decision(steps=())) == "not more: nothing asks for more; not fewer: none is asked for"


def test_hold_gives_its_reason_for_everything() -> None:
    """Without a plan there is one reason for all."""
    held = hold(reason="replicas are unknown")
    assert (why(held), why_not(held)) == ("held: replicas are unknown", "neither out nor in: replicas are unknown")
