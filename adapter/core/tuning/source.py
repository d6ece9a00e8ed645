"""The `prometheus` and `tick` sections: where samples come from and when they are read."""

from typing import Annotated, Self

from pydantic import Field, HttpUrl, SecretStr, model_validator

from adapter.core.tuning.fields import Duration, LabelName, Section


class BasicAuth(Section):
    """User name and password for HTTP basic authentication."""

    username: str = Field(min_length=1, description="User name.")
    password: SecretStr | None = Field(default=None, description="Password; prefer `passwordFile`.")
    password_file: str | None = Field(default=None, description="File that holds the password, read at each use.")

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if (self.password is None) == (self.password_file is None):
            raise ValueError("exactly one of password and passwordFile is required")
        return self


class ClientCertificate(Section):
    """Certificate that identifies scaleahead to Prometheus."""

    cert_file: str = Field(description="PEM file with the certificate chain.")
    key_file: str = Field(description="PEM file with the private key.")


class PrometheusAuth(Section):
    """How scaleahead proves who it is; bearer token and basic authentication exclude each other."""

    bearer_token_file: str | None = Field(default=None, description="File that holds a bearer token, read at each use.")
    basic: BasicAuth | None = Field(default=None, description="HTTP basic authentication.")
    ca_file: str | None = Field(default=None, description="PEM bundle that signs the server's certificate.")
    client_certificate: ClientCertificate | None = Field(default=None, description="Client certificate for mutual TLS.")

    @model_validator(mode="after")
    def _one_scheme(self) -> Self:
        if self.bearer_token_file is not None and self.basic is not None:
            raise ValueError("bearerTokenFile and basic exclude each other")
        return self


class PrometheusTuning(Section):
    """The Prometheus (or Thanos, Mimir, VictoriaMetrics) that is asked."""

    url: HttpUrl = Field(description="Base URL of the Prometheus HTTP API.")
    auth: PrometheusAuth = Field(default=PrometheusAuth(), description="Credentials and certificates.")
    headers: dict[str, str] = Field(
        default={}, description="Extra request headers, for example a tenant's X-Scope-OrgID."
    )
    match: dict[LabelName, str] = Field(
        default={}, description="Label values that every query is restricted to, such as `cluster`."
    )
    replica_label: LabelName | None = Field(
        default=None,
        description="Label that tells highly available Prometheus replicas apart; series are deduplicated over it.",
    )
    timeout: Annotated[Duration, Field(gt=0, le=60)] = Field(
        default=10.0, description="Total time for one query, body included."
    )
    max_body_bytes: Annotated[int, Field(ge=1_000_000, le=2_000_000_000)] = Field(
        default=200_000_000, description="Largest answer that is read; a larger one is an error."
    )
    rate_window: Annotated[Duration, Field(ge=10, le=600)] = Field(
        default=60.0, description="Averaging window of rates; at least four scrape intervals."
    )


class TickTuning(Section):
    """When signals are read."""

    interval: Annotated[Duration, Field(ge=1, le=60)] = Field(
        default=15.0, description="Time between ticks; ticks start on multiples of it. Must divide 60s."
    )
    settling_delay: Annotated[Duration, Field(ge=0, le=60)] = Field(
        default=5.0,
        description="Queries are evaluated this long before the tick, so that late samples do not split replicas.",
    )

    @model_validator(mode="after")
    def _divides_a_minute(self) -> Self:
        if 60.0 % self.interval:
            raise ValueError("interval must divide 60s, so that ticks and the 60 s history grid meet")
        return self
