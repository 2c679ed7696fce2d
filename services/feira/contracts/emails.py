"""What one e-mail address is: services that compare addresses must agree on it to the letter."""

import re

EMAIL_MAX = 254  # RFC 5321: a path is at most 256 octets with its brackets.
LOCAL_MAX = 64

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# What nearly all are: in their one spelling already, with a top-level domain of letters.
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)
# IDNA 2003 and 2008 disagree on these: the mail could go to another domain than the one that was typed.
_DEVIATIONS = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")


def normal_email(text: str) -> str | None:
    """The one spelling of an address that it is kept, compared and written to in; None if it is none.

    Surrounding blanks fall away and all is lower case. The part before the @ is a dot-atom of ASCII (RFC 5322): no
    quotes, no comments, and no letters beyond ASCII, which few servers take and which look like others. It is checked
    before it is lowered, because a Kelvin sign lowers to a k. The domain may be international and is kept in its ASCII
    form (`xn--…`); it has at least two labels, and the last is not a number.
    """
    if len(text) <= EMAIL_MAX and _PLAIN.fullmatch(text):
        return text
    local, at, domain = text.strip().rpartition("@")
    if not at or not local.isascii() or not 1 <= len(local) <= LOCAL_MAX or len(domain) > EMAIL_MAX:
        return None
    if not domain.isascii():
        if not _DEVIATIONS.isdisjoint(domain):
            return None
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    local, domain = local.lower(), domain.lower()
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    email = f"{local}@{domain}"
    return email if _LOCAL.fullmatch(local) and len(email) <= EMAIL_MAX else None
