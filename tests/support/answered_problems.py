"""Answers of the service that are problems after RFC 9457."""

from typing import Any

import httpx2

PROBLEM = "application/problem+json"


def problem(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer, after checking that it is one as RFC 9457 wants it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    body = dict(response.json())
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:headwatt:problem:{code}"
    assert {"title", "detail", "whose_fault", "instance"} <= set(body)
    return body
