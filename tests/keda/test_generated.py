"""The generated code is current, and it is KEDA's contract."""

from pathlib import Path

from adapter.keda._generated import externalscaler_pb2 as pb
from adapter.keda.service import KedaScaler
from tests.keda.generate import PACKAGE, generate

_ROOT = Path(__file__).parents[2]
_FIELDS = {
    "ScaledObjectRef": {"name": 1, "namespace": 2, "scalerMetadata": 3},
    "IsActiveResponse": {"result": 1},
    "GetMetricSpecResponse": {"metricSpecs": 1},
    "MetricSpec": {"metricName": 1, "targetSize": 2, "targetSizeFloat": 3},
    "GetMetricsRequest": {"scaledObjectRef": 1, "metricName": 2},
    "GetMetricsResponse": {"metricValues": 1},
    "MetricValue": {"metricName": 1, "metricValue": 2, "metricValueFloat": 3},
}


def test_generated_code_is_current(tmp_path: Path) -> None:
    """`make update` would change nothing."""
    generate(tmp_path)
    made = {path.name: path.read_text() for path in (tmp_path / PACKAGE).iterdir()}
    kept = {path.name: path.read_text() for path in (_ROOT / PACKAGE).iterdir() if path.is_file()}
    assert made == kept


def test_the_scaler_answers_every_rpc_itself() -> None:
    """The generated methods do nothing but raise."""
    rpcs = {method.name for method in pb.DESCRIPTOR.services_by_name["ExternalScaler"].methods}
    assert rpcs == {"IsActive", "StreamIsActive", "GetMetricSpec", "GetMetrics"}
    assert rpcs <= set(vars(KedaScaler))


def test_messages_have_kedas_field_numbers() -> None:
    """The numbers are what goes over the wire."""
    messages = pb.DESCRIPTOR.message_types_by_name
    assert {name: {f.name: f.number for f in messages[name].fields} for name in messages} == _FIELDS


def test_a_known_message_has_known_bytes() -> None:
    """Encoded by hand: field 1 a string, field 2 a varint, field 3 a double."""
    expected = b"\x0a\x01m" + b"\x10\x03" + b"\x19" + b"\x00\x00\x00\x00\x00\x00\x04\x40"
    assert pb.MetricValue(metricName="m", metricValue=3, metricValueFloat=2.5).SerializeToString() == expected
