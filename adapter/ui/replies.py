"""The JSON replies of the JSON API: one encoding, one shape for every error."""

from collections.abc import Mapping
from typing import Final

import orjson
from fastapi import Response

_REASONS: Final = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    500: "InternalError",
    503: "ServiceUnavailable",
}


def json_reply(body: object, *, code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON with sorted keys, NaN and infinity as null: equal bodies are equal bytes."""
    content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    return Response(content, status_code=code, headers=headers, media_type="application/json")


def error_reply(code: int, *, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return `{"error": {"code", "reason", "message"}}`.

    Args:
        code: HTTP status, 400 or above.
        message: what was wrong and what is allowed, for people.
        headers: to add.
    """
    error = {"code": code, "reason": _REASONS.get(code, "Error"), "message": message}
    return json_reply({"error": error}, code=code, headers=headers)
