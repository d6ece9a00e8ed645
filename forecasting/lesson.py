"""All that the record teaches about a batch of series: how to mix, how to correct, whom to trust.

Why apart from the forecaster: back-tests learn from many records of one series at once, by the same functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting.arrays import IntArray
from forecasting.batch import pick, stack
from forecasting.contract import Question
from forecasting.knots import knots
from forecasting.mixing import FAR_S, PATH_PRIOR, Ahead, Learnt, learn
from forecasting.record import STRIDE, Record
from forecasting.trust import Standing, standing

_CHUNK = 16  # series whose record is worked through at once: it stays in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """All that the record teaches, kept until the record changes."""

    peak: Learnt
    path: Learnt
    standing: Standing

    def rows(self, rows: IntArray) -> "Lesson":
        """Return the lesson of the given series, in that order."""
        return Lesson(peak=pick(self.peak, rows), path=pick(self.path, rows), standing=pick(self.standing, rows))

    def without_mixes(self) -> "Lesson":
        """Return the lesson without what the mix would have said, which is needed once only."""
        peak, path = (replace(each, mixes=each.mixes[:, :0]) for each in (self.peak, self.path))
        return replace(self, peak=peak, path=path)

    @classmethod
    def of(cls, parts: "Sequence[Lesson]") -> "Lesson":
        """Return one lesson of several, their series one below the other."""
        return cls(
            peak=stack([each.peak for each in parts]),
            path=stack([each.path for each in parts]),
            standing=stack([each.standing for each in parts]),
        )


def lesson_of(record: Record, question: Question) -> Lesson:
    """Return what a record teaches about the peak and the path."""
    worked_out = knots(question.horizons)
    ahead = Ahead(delays=np.ceil(worked_out / STRIDE), far=np.asarray(worked_out * question.step_s > FAR_S))
    n = record.peak.shape[0]
    parts = [pick(record, np.arange(i, min(i + _CHUNK, n))) for i in range(0, n, _CHUNK)] or [record]
    return Lesson.of([_lesson(part, ahead) for part in parts])


def _lesson(record: Record, ahead: Ahead) -> Lesson:
    peak = learn(record.peak, record.peak_truth, ahead=ahead)
    path = learn(record.path, record.path_truth, ahead=ahead.first(record.path.shape[-1]), prior=PATH_PRIOR)
    return Lesson(peak=peak, path=path, standing=standing(record, peak))
