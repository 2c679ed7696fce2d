"""The rules of accounts, without anything around them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feira.contracts.emails import EMAIL_MAX, normal_email
from feira.contracts.goods import Address
from feira.kernel.errors import Invalid
from feira.users import domain
from feira.users.domain_keys import KNOWN_AFTER, PUBLISHED_AHEAD, ROTATION, KeyDates, rotation, signer
from feira.users.domain_limits import Limit, network_of, retry_after_s
from feira.users.domain_sessions import REFRESH_TTL, SESSION_TTL, Family, RefreshToken, digest, expiry, judge

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ana.Souza+feira@Example.COM ", "ana.souza+feira@example.com"),
        ("a@bücher.de", "a@xn--bcher-kva.de"),
        ("a@BÜCHER.de", "a@xn--bcher-kva.de"),
        ("a@\uff45xample.com", "a@example.com"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
    ],
)
def test_an_address_has_one_spelling(typed: str, kept: str) -> None:
    assert domain.email_of(typed) == kept
    assert domain.email_of(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "@", "a@", "@b.co", "a@b", "a b@c.co", "a@b..co", ".a@b.co", "a.@b.co", "a..b@c.co", '"a"@b.co', "a@[1.2.3.4]",
        "a@1.2.3.4", "a@-b.co", "a@b-.co", "a@b.co.", "a@b@c.co", "a\n@b.co", "a@b.co\n.de", "josé@example.com",
        "\u212aen@example.com", "a@stra\u00dfe.de", "a@x\u200d.com", "x" * 65 + "@b.co", "a@" + "b" * 64 + ".co",
        "a@" + "bbb." * 70 + "co", "a@\ud55c" + "é" * 70 + ".com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="email"):
        domain.email_of(typed)


@given(st.text(max_size=300))
def test_an_address_stays_itself(text: str) -> None:
    for typed in (text, f"{text}@example.com", f"ana@{text}.com"):
        email = normal_email(typed)
        if email is not None:
            assert normal_email(email) == email
            assert email.isascii()
            assert email == email.lower()
            assert len(email) <= EMAIL_MAX


def test_passwords_are_one_however_a_keyboard_writes_them() -> None:
    assert domain.new_password("cafe\u0301 com pao", "a@b.co") == domain.new_password("café com pao", "a@b.co")
    assert domain.password_of("ﬁnest") == "finest"


@pytest.mark.parametrize("password", ["short", "x" * 129, "\ufdfa" * 100, "a@example.com", " A@Example.Com "])
def test_bad_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid, match="password"):
        domain.new_password(password, "a@example.com")


@pytest.mark.parametrize(
    "name", ["", "   ", "a\nb", "a\tb", "a\u2028b", "x\u202ey", "see https://spam.example", "WWW.spam.example"]
)
def test_names_that_deceive_are_refused(name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        domain.name_of(name)


def test_names_are_trimmed_and_composed() -> None:
    assert domain.name_of("  Jose\u0301 d'Água \U0001f96d ") == "José d'Água \U0001f96d"


@pytest.mark.parametrize("phone", ["abc", "+", "12", "---", "+55 11 99999-0000 home"])
def test_what_is_no_telephone_number_is_refused(phone: str) -> None:
    with pytest.raises(Invalid, match="phone"):
        domain.phone_of(phone)


def test_an_address_is_put_in_order() -> None:
    given_ = Address(
        name=" Ana ", line1="Rua 1", line2=" ", city="São Paulo", postal_code="01310", country="br", phone=" +55 11 9 "
    )
    assert domain.address_of(given_) == Address(
        name="Ana",
        line1="Rua 1",
        line2=None,
        city="São Paulo",
        region=None,
        postal_code="01310",
        country="BR",
        phone="+55 11 9",
    )


@pytest.mark.parametrize("country", ["XX", "UK", "B", "", "EU"])
def test_unknown_countries_are_refused(country: str) -> None:
    with pytest.raises(Invalid, match="country"):
        domain.address_of(Address(name="A", line1="B", city="C", postal_code="1", country=country))


def test_roles_are_ranked() -> None:
    assert domain.roles_of("customer") == ("customer",)
    assert domain.roles_of("admin") == ("customer", "staff", "admin")
    assert domain.outranks("staff", "customer")
    assert not domain.outranks("staff", "staff")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1%eth0", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_a_line_has_one_counter(address: str, network: str) -> None:
    assert network_of(address) == network


def test_who_is_refused_learns_when_he_is_heard() -> None:
    limit = Limit("x", 2, 60)
    times = [NOW - timedelta(seconds=90), NOW - timedelta(seconds=50), NOW - timedelta(seconds=10)]
    assert retry_after_s(limit, times, NOW) == 10
    assert retry_after_s(limit, times[:2], NOW) == 1
    assert limit.key("a") != limit.key("b")
    assert limit.key("a") != Limit("y", 2, 60).key("a")


def test_a_refresh_token_reads_itself() -> None:
    token = RefreshToken("handle", "secret")
    assert RefreshToken.read(token.text) == token
    for text in ("", "x", ".", "x.", ".x", "é.x"):
        assert RefreshToken.read(text) is None


def test_what_a_refresh_token_does() -> None:
    token = RefreshToken("h", "s")
    family = Family(digest("s"), NOW, NOW + REFRESH_TTL, revoked=False, user_open=True)
    assert judge(family, token, NOW) == "renew"
    assert judge(family, RefreshToken("h", "used"), NOW) == "revoke"
    assert judge(family, token, NOW + REFRESH_TTL) == "refuse"
    assert judge(Family(digest("s"), NOW, NOW + REFRESH_TTL, revoked=True, user_open=True), token, NOW) == "refuse"
    assert judge(Family(digest("s"), NOW, NOW + REFRESH_TTL, revoked=False, user_open=False), token, NOW) == "refuse"
    assert expiry(NOW, NOW) == NOW + REFRESH_TTL
    assert expiry(NOW, NOW + timedelta(days=360)) == NOW + SESSION_TTL


def test_keys_are_published_before_they_sign_and_kept_while_their_tokens_live() -> None:
    assert rotation([], NOW) == rotation([KeyDates("sealed with another secret", NOW, usable=False)], NOW)
    assert rotation([], NOW).next_signs_from == NOW
    first = KeyDates("1", NOW)
    assert rotation([first], NOW) == rotation([first], NOW + ROTATION - PUBLISHED_AHEAD - timedelta(seconds=1))
    due = rotation([first], NOW + ROTATION - PUBLISHED_AHEAD)
    assert due.next_signs_from == NOW + ROTATION
    assert due.drop == ()
    second = KeyDates("2", NOW + ROTATION)
    assert rotation([first, second], NOW + ROTATION - timedelta(hours=1)).next_signs_from is None
    assert signer([first, second], NOW + ROTATION - timedelta(seconds=1)) == first
    assert signer([first, second], NOW + ROTATION) == second
    assert rotation([first, second], NOW + ROTATION).drop == ()
    assert rotation([first, second], NOW + ROTATION + KNOWN_AFTER).drop == ("1",)


def test_a_shop_that_slept_goes_on_with_its_old_key_until_the_next_is_known() -> None:
    first = KeyDates("1", NOW)
    late = NOW + timedelta(days=200)
    assert signer([first], late) == first
    assert rotation([first], late).next_signs_from == late + PUBLISHED_AHEAD
    assert signer([first], NOW - timedelta(seconds=1)) is None


@given(st.lists(st.integers(min_value=1, max_value=90), min_size=1, max_size=12))
def test_there_is_always_one_key_that_signs_and_few_in_all(steps_days: list[int]) -> None:
    keys: list[KeyDates] = []
    now = NOW
    for number, days in enumerate([0, *steps_days]):
        now += timedelta(days=days)
        due = rotation(keys, now)
        if due.next_signs_from is not None:
            keys.append(KeyDates(str(number), due.next_signs_from))
        keys = [key for key in keys if key.kid not in due.drop]
        assert rotation(keys, now).next_signs_from is None
        assert signer(keys, now) is not None
        assert len(keys) <= 3
