"""A JSON document as it is sent: its bytes, and the ETag with which a client asks whether it has changed."""

from dataclasses import dataclass

from starlette.responses import Response

from api.http.headers import JSON


@dataclass(frozen=True)
class Document:
    """The bytes of a JSON document, and its ETag; without one, the document is sent each time."""

    body: bytes
    etag: str | None = None

    def answer(self, if_none_match: str | None = None) -> Response:
        """The answer with the document, or that it has not changed."""
        if self.etag is None:
            return Response(self.body, media_type=JSON)
        headers = {"ETag": self.etag, "Cache-Control": "no-cache"}
        if if_none_match == self.etag:
            return Response(None, 304, headers)
        return Response(self.body, 200, headers, JSON)
