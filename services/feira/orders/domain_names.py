"""How an order is called: its id, and the number that people read to each other; and whether a token opens it."""

import hashlib
import hmac
from functools import lru_cache
from uuid import UUID

from feira.contracts.order_tokens import order_token

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O or U.
DIGITS = 8
HALF_BITS = 20
HALF_MASK = (1 << HALF_BITS) - 1
SEQUENCE_MAX = (1 << 2 * HALF_BITS) - 1
ROUNDS = 8
SHIFTS = tuple(5 * place for place in reversed(range(DIGITS)))
SINGLE = {character: value for value, character in enumerate(ALPHABET)}
DOUBLED = {character: 2 * value // len(ALPHABET) + 2 * value % len(ALPHABET) for character, value in SINGLE.items()}
_READ = str.maketrans("ILO", "110", "- ")


def key_of(scope: str, key: str) -> UUID:
    """The one request that an idempotency key stands for in the scope of its caller."""
    digest = hashlib.sha256(f"{len(scope)}:{scope}{key}".encode()).digest()
    return UUID(bytes=digest[:16], version=5)


def scope_of(user_id: UUID | None, cart_id: str | None, email: str) -> str:
    """Whose word an idempotency key is: the customer's, else the cart's, else the e-mail's."""
    if user_id is not None:
        return f"customer {user_id}"
    return f"cart {cart_id}" if cart_id is not None else f"email {email.lower()}"


def order_number(sequence: int, key: bytes) -> str:
    """The number of the `sequence`-th order: eight characters of a keyed permutation, so that they neither repeat nor tell
    how many orders there are or what the next is, and one that catches a slip of the tongue.
    """
    if not 0 <= sequence <= SEQUENCE_MAX:
        raise ValueError(f"there are numbers for sequences from 0 to {SEQUENCE_MAX}")
    left, right = sequence >> HALF_BITS, sequence & HALF_MASK
    keyed = _keyed(key)
    for turn in range(ROUNDS):
        mixer = keyed.copy()
        mixer.update((turn << 24 | right).to_bytes(4, "big"))
        left, right = right, left ^ int.from_bytes(mixer.digest(), "big") & HALF_MASK
    value = left << HALF_BITS | right
    text = "".join([ALPHABET[value >> shift & 31] for shift in SHIFTS])
    return text + _check(text)


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> "hashlib.blake2s":
    return hashlib.blake2s(key=key, digest_size=4)


def read_number(text: str) -> str | None:
    """A number as people write it, in the form that we keep; None if it cannot be one."""
    number = text.upper().translate(_READ)
    if len(number) != DIGITS + 1 or not set(number) <= set(ALPHABET) or _check(number[:-1]) != number[-1]:
        return None
    return number


def _check(text: str) -> str:
    """The Luhn algorithm in base 32: finds every wrong character and nearly every swap of neighbours."""
    total = sum([DOUBLED[character] for character in text[::-2]]) + sum(
        [SINGLE[character] for character in text[-2::-2]]
    )
    return ALPHABET[-total % len(ALPHABET)]


def opens(token: str, identity: UUID, key: bytes) -> bool:
    """Whether the token is this order's, in a time that tells nothing of it."""
    return hmac.compare_digest(token.encode(), order_token(key, identity).encode())
