"""The sources of a content security policy that allow a text within a page: by its hash."""

import base64
import hashlib


def hash_source(text: str) -> str:
    """The source of a policy that allows exactly this script or style."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
