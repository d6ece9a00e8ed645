"""Every error that can reach a KEDA rpc has its status."""

import grpc

from adapter.core import errors
from adapter.keda.inline import TooManyInlineWorkloads
from adapter.keda.metadata import InvalidMetadata
from adapter.keda.status import code_of

_NEVER_HERE = {"SignalError", "SignalUnavailable", "SignalMalformed", "TuningError"}


def test_every_error_is_in_the_table() -> None:
    """Those that stay left of the snapshot would be bugs here."""
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    unknown = {each.__name__ for each in kinds if code_of(each(())) is grpc.StatusCode.INTERNAL}
    assert unknown - {"ScaleaheadError"} == _NEVER_HERE


def test_the_codes_are_those_of_the_contract() -> None:
    """Bad metadata is the caller's fault, a missing number is nobody's zero."""
    assert code_of(InvalidMetadata(("preset: no such preset",))) is grpc.StatusCode.INVALID_ARGUMENT
    assert code_of(errors.WorkloadNotFound()) is grpc.StatusCode.NOT_FOUND
    assert code_of(errors.CannotDecide()) is grpc.StatusCode.UNAVAILABLE
    assert code_of(errors.SnapshotStale()) is grpc.StatusCode.UNAVAILABLE
    assert code_of(TooManyInlineWorkloads()) is grpc.StatusCode.RESOURCE_EXHAUSTED
