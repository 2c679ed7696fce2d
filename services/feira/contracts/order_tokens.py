"""What opens an order to a guest: orders checks it, and mails carry it in their links."""

import hmac
from base64 import urlsafe_b64encode
from uuid import UUID

PURPOSE = "order-token"  # What the key is derived for: `settings.derive(PURPOSE)`.


def order_token(key: bytes, order_id: UUID) -> str:
    """The HMAC-SHA256 of the order's id, safe in URLs; it is computed whenever it is needed and stored nowhere."""
    return urlsafe_b64encode(hmac.digest(key, order_id.bytes, "sha256")).rstrip(b"=").decode()
