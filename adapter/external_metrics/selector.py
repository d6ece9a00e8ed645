"""Kubernetes label selectors: text to requirements, and whether labels meet them.

The HPA sends its `metric.selector` as text, people type it by hand; both follow one grammar, kept here in full: `k=v`,
`k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k`, `!k`, `k>1`, `k<1`, joined by commas that mean "and".
Must not know: what the labels belong to.

Source: `k8s.io/apimachinery/pkg/labels/selector.go`, as of Kubernetes 1.36.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_TOKEN: Final = re.compile(r"\s*(==|!=|[=!(),<>]|[^=!(),<>\s]+)")
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_END: Final = ""


class SelectorError(ValueError):
    """The text is no label selector; the message names the place."""


class Operator(StrEnum):
    """How a requirement compares a label with its values."""

    IN = "in"
    """Also `=` and `==`, with one value."""
    NOT_IN = "notin"
    """Also `!=`; holds too when the label is missing."""
    EXISTS = "exists"
    MISSING = "!"
    GREATER = ">"
    LESS = "<"


_OPERATORS: Final = {
    "=": Operator.IN,
    "==": Operator.IN,
    "in": Operator.IN,
    "!=": Operator.NOT_IN,
    "notin": Operator.NOT_IN,
    ">": Operator.GREATER,
    "<": Operator.LESS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One condition on one label."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()
    """Empty for `EXISTS` and `MISSING`, one whole number for `GREATER` and `LESS`."""

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the labels meet the condition.

        Example:
            >>> Requirement(key="tier", operator=Operator.NOT_IN, values=frozenset({"gold"})).matches({})
            True
        """
        value = labels.get(self.key)
        if self.operator is Operator.NOT_IN:
            return value not in self.values
        if self.operator is Operator.MISSING:
            return value is None
        if value is None:
            return False
        return self.operator is Operator.EXISTS or self._compares(value)

    def _compares(self, value: str) -> bool:
        if self.operator is Operator.IN:
            return value in self.values
        if not _INTEGER.fullmatch(value):
            return False
        (bound,) = self.values
        return int(value) > int(bound) if self.operator is Operator.GREATER else int(value) < int(bound)


Selector = tuple[Requirement, ...]
"""Requirements that must all hold; empty selects everything."""


def selects(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Tell whether the labels meet every requirement."""
    return all(requirement.matches(labels) for requirement in selector)


def parse_selector(text: str) -> Selector:
    """Return the requirements that selector text means.

    Args:
        text: decoded selector, such as `workload=llama` or `tier in (gold, silver),!canary`; empty means everything.

    Raises:
        SelectorError: the text does not follow the grammar, or a key or value is no label key or value.

    Example:
        >>> [(r.key, r.operator.value, sorted(r.values)) for r in parse_selector("a=1, b notin (x,y)")]
        [('a', 'in', ['1']), ('b', 'notin', ['x', 'y'])]
    """
    return _Parser(text).selector()


class _Parser:
    """Recursive descent over the tokens of one selector."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = [*_TOKEN.findall(text.strip()), _END]
        self._next = 0

    def selector(self) -> Selector:
        requirements: list[Requirement] = []
        while self._peek() != _END or requirements:
            requirements.append(self._requirement())
            if self._peek() == _END:
                break
            self._expect(",")
        return tuple(requirements)

    def _requirement(self) -> Requirement:
        if self._peek() == "!":
            self._take()
            return Requirement(key=self._key(), operator=Operator.MISSING)
        key = self._key()
        if self._peek() in (_END, ","):
            return Requirement(key=key, operator=Operator.EXISTS)
        sign = self._take()
        if sign not in _OPERATORS:
            raise self._fault(sign, "one of = == != in notin > <")
        values = self._set() if sign in ("in", "notin") else {self._value()}
        return self._checked(Requirement(key=key, operator=_OPERATORS[sign], values=frozenset(values)))

    def _key(self) -> str:
        key = self._take()
        prefix, slash, name = key.rpartition("/")
        prefix_fits = not slash or (len(prefix) <= 253 and _PREFIX.fullmatch(prefix))
        if not (prefix_fits and _NAME.fullmatch(name)):
            raise self._fault(key, "a label key")
        return key

    def _set(self) -> set[str]:
        self._expect("(")
        if self._peek() == ")":
            raise self._fault(")", "at least one value")
        values = {self._value()}
        while self._peek() == ",":
            self._take()
            values.add(self._value())
        self._expect(")")
        return values

    def _value(self) -> str:
        if self._peek() in (_END, ",", ")"):
            return ""  # "k=" and "k in (,a)" mean the empty value
        value = self._take()
        if not _NAME.fullmatch(value):
            raise self._fault(value, "a label value (letters, digits, '-', '_', '.'; at most 63)")
        return value

    def _checked(self, requirement: Requirement) -> Requirement:
        if requirement.operator in (Operator.GREATER, Operator.LESS):
            (value,) = requirement.values
            if not _INTEGER.fullmatch(value):
                raise self._fault(value, "a whole number")
        return requirement

    def _peek(self) -> str:
        return self._tokens[self._next]

    def _take(self) -> str:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _expect(self, token: str) -> None:
        found = self._take()
        if found != token:
            raise self._fault(found, f"'{token}'")

    def _fault(self, found: str, expected: str) -> SelectorError:
        place = f"found '{found}'" if found != _END else "it ends too early"
        return SelectorError(f"'{self._text}' is no label selector: {place}, expected {expected}")
