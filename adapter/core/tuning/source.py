"""The `prometheus` and `tick` sections: where samples come from and when they are read."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, StringConstraints, model_validator

from adapter.core.tuning.fields import LABEL_NAME, Duration, LabelName, Note, Path, Section


def _without_user(url: HttpUrl) -> HttpUrl:
    if url.username is not None or url.password is not None:
        raise ValueError("must not carry a user name or password: set auth.basic instead")
    if url.query is not None or url.fragment is not None:
        raise ValueError("must be a base URL, without `?` and `#`")
    return url


def _dividing_a_minute(interval: float) -> float:
    if 60.0 % interval:
        raise ValueError("must divide 60s (such as 5s, 10s, 15s, 30s), so that ticks meet the grid of the history")
    return interval


BaseUrl = Annotated[HttpUrl, AfterValidator(_without_user), Note(allowed="an http or https URL")]
"""Base URL of an HTTP API; its path is kept, so that a prefix such as `/prometheus` works."""

HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
HeaderValue = Annotated[
    str, StringConstraints(pattern=r"^[\x20-\x7e]*$", max_length=8192), Note(allowed="printable ASCII text on one line")
]


class BasicAuth(Section):
    """User name and password for HTTP basic authentication."""

    username: str = Field(min_length=1, description="User name.")
    password: SecretStr | None = Field(default=None, description="Password; prefer `passwordFile`.")
    password_file: Path | None = Field(default=None, description="File that holds the password, read at each use.")

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if (self.password is None) == (self.password_file is None):
            raise ValueError("exactly one of password and passwordFile is required")
        return self


class ClientCertificate(Section):
    """Certificate that identifies scaleahead to Prometheus."""

    cert_file: Path = Field(description="PEM file with the certificate chain.")
    key_file: Path = Field(description="PEM file with the private key.")


class PrometheusAuth(Section):
    """How scaleahead proves who it is; bearer token and basic authentication exclude each other."""

    bearer_token_file: Path | None = Field(
        default=None, description="File that holds a bearer token, read at each use."
    )
    basic: BasicAuth | None = Field(default=None, description="HTTP basic authentication.")
    ca_file: Path | None = Field(default=None, description="PEM bundle that signs the server's certificate.")
    client_certificate: ClientCertificate | None = Field(default=None, description="Client certificate for mutual TLS.")

    @model_validator(mode="after")
    def _one_scheme(self) -> Self:
        if self.bearer_token_file is not None and self.basic is not None:
            raise ValueError("bearerTokenFile and basic exclude each other")
        return self


class PrometheusTuning(Section):
    """The Prometheus (or Thanos, Mimir, VictoriaMetrics) that is asked."""

    url: BaseUrl = Field(description="Base URL of the Prometheus HTTP API.")
    auth: PrometheusAuth = Field(default=PrometheusAuth(), description="Credentials and certificates.")
    headers: dict[HeaderName, HeaderValue] = Field(
        default={},
        description="Extra request headers, for example a tenant's X-Scope-OrgID.",
        json_schema_extra={"x-keys": "an HTTP header name"},
    )
    match: dict[LabelName, str] = Field(
        default={},
        description="Label values that every query is restricted to, such as `cluster`.",
        json_schema_extra={"x-keys": LABEL_NAME},
    )
    replica_label: LabelName | None = Field(
        default=None,
        description="Label that tells highly available Prometheus replicas apart; series are deduplicated over it.",
    )
    timeout: Annotated[Duration, Field(gt=0, le=60)] = Field(
        default=10.0, description="Total time for one query, body included."
    )
    max_body_bytes: Annotated[int, Field(ge=1_000_000, le=2_000_000_000), Note(unit="bytes")] = Field(
        default=200_000_000, description="Largest answer that is read; a larger one is an error."
    )
    rate_window: Annotated[Duration, Field(ge=10, le=600)] = Field(
        default=60.0, description="Averaging window of rates; at least four scrape intervals."
    )

    @model_validator(mode="after")
    def _one_authorization(self) -> Self:
        named = any(name.lower() == "authorization" for name in self.headers)
        if named and (self.auth.bearer_token_file is not None or self.auth.basic is not None):
            raise ValueError("the header Authorization excludes auth.bearerTokenFile and auth.basic")
        return self


class TickTuning(Section):
    """When signals are read."""

    interval: Annotated[Duration, Field(ge=1, le=60), AfterValidator(_dividing_a_minute)] = Field(
        default=15.0, description="Time between ticks; ticks start on multiples of it. Must divide 60s."
    )
    settling_delay: Annotated[Duration, Field(ge=0, le=60)] = Field(
        default=5.0,
        description="Queries are evaluated this long before the tick, so that late samples do not split replicas.",
    )
    wake_interval: Annotated[Duration, Field(ge=0.1, le=60)] = Field(
        default=0.5, description="While a workload sleeps, time between two looks at its demand, apart from the ticks."
    )
