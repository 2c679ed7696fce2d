"""The rules of an account: what a name and a password may be, what a role allows. Values in, values out."""

import re
import unicodedata
from typing import Final, Literal

from feira.contracts.emails import normal_email
from feira.contracts.goods import Address
from feira.contracts.places import COUNTRIES
from feira.kernel.errors import Invalid, NotFound, Refused, Unauthenticated

PASSWORD_MIN: Final = 8
PASSWORD_MAX: Final = 128
ADDRESSES_MAX: Final = 50
SESSIONS_MAX: Final = 100  # Of one user; the oldest gives way.
AGENT_MAX: Final = 200

Role = Literal["customer", "staff", "admin"]
ROLES: Final[tuple[Role, ...]] = ("customer", "staff", "admin")  # From the least power to the most.

# A text that turns the direction of reading can make a name look like another in a mail or in the back office.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PHONE = re.compile(r"\+?[0-9 ().#/xX-]{3,32}")


class WrongCredentials(Unauthenticated):
    """Says the same of an unknown address, a wrong password and a closed account."""

    code = "wrong_credentials"
    title = "The e-mail or the password is wrong"


class SessionOver(Unauthenticated):
    code = "session_over"
    title = "The session is over; please sign in again"


class DeadLink(Refused):
    """The token of a link was used before, is too old, or never was one."""

    status = 422
    code = "token_invalid"
    blamed = "token"
    title = "This link has been used, is too old, or is not one of ours"


class UnknownAddress(NotFound):
    code = "unknown_address"
    title = "You have no such address"


class UnknownUser(NotFound):
    code = "unknown_user"
    title = "There is no such user"


class TooManyAddresses(Refused):
    code = "too_many_addresses"
    title = f"At most {ADDRESSES_MAX} addresses are kept"


class LastAdmin(Refused):
    code = "last_admin"
    title = "The shop would be left without an admin"


class EmailNotVerified(Refused):
    """Somebody may have registered an address that is not his: it must be proven before it gets power."""

    code = "email_not_verified"
    title = "The user must verify the e-mail address first"


def email_of(text: str) -> str:
    """The address as it is kept. Refuses what is none with Invalid."""
    email = normal_email(text)
    if email is None:
        raise Invalid.field("email", "is not an e-mail address")
    return email


def password_of(text: str) -> str:
    """A password as it is hashed: NFKC, so that each keyboard's way of writing it is one (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", text)


def new_password(text: str, email: str, field: str = "password") -> str:
    """A password that somebody wants to have, as it is hashed. Refuses a bad one with Invalid."""
    password = password_of(text)
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Invalid.field(field, f"has {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    if password.strip().lower() == email:
        raise Invalid.field(field, "must not be the e-mail address")
    return password


def line_of(field: str, text: str) -> str:
    """One line of text that people read, without blanks around it. Refuses an empty or a deceiving one."""
    line = unicodedata.normalize("NFC", text).strip()
    if not line:
        raise Invalid.field(field, "must not be empty")
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} or letter in _TURNING for letter in line):
        raise Invalid.field(field, "must be one line of plain text")
    return line


def name_of(text: str) -> str:
    """A person's name. One with a link in it would make our mails to strangers carry anybody's advertisement."""
    name = line_of("name", text)
    if "://" in name or "www." in name.lower():
        raise Invalid.field("name", "must not hold a link")
    return name


def phone_of(text: str) -> str:
    phone = text.strip()
    if not _PHONE.fullmatch(phone) or sum(letter.isdigit() for letter in phone) < 3:
        raise Invalid.field("phone", "is not a telephone number")
    return phone


def address_of(address: Address) -> Address:
    """A postal address whose lines are in order and whose country exists. Refuses others with Invalid."""
    country = address.country.upper()
    if country not in COUNTRIES:
        raise Invalid.field("country", "is not an ISO 3166-1 alpha-2 code")
    return Address(
        name=line_of("name", address.name),
        line1=line_of("line1", address.line1),
        line2=_line_or_none("line2", address.line2),
        city=line_of("city", address.city),
        region=_line_or_none("region", address.region),
        postal_code=line_of("postal_code", address.postal_code),
        country=country,
        phone=phone_of(address.phone) if address.phone else None,
    )


def _line_or_none(field: str, text: str | None) -> str | None:
    return line_of(field, text) if text and text.strip() else None


def roles_of(role: Role) -> tuple[Role, ...]:
    """What a token says: an admin is staff, and everybody may buy."""
    return ROLES[: ROLES.index(role) + 1]


def outranks(role: Role, other: Role) -> bool:
    """Whether `role` has more power than `other`."""
    return ROLES.index(role) > ROLES.index(other)
