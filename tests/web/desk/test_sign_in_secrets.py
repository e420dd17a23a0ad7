"""Passwords, codes of authenticator apps, recovery codes, and the key that seals."""

from __future__ import annotations

import stat
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from pydantic import SecretStr

from web.desk import passwords
from web.desk.accounts import Account
from web.desk.pairing import pairing, secret_of
from web.desk.passwords import Weakness, WeakPassword, check_password, hash_password, is_outdated, verify_password
from web.desk.settings import SignInSettings
from web.desk.totp import (
    looks_like_totp,
    matching_step,
    new_recovery_codes,
    otpauth_uri,
    qr_code,
    recovery_digest,
)
from web.desk.vault import Vault, VaultError, open_vault

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""Base 32 of RFC 6238's ``12345678901234567890``."""


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        pytest.param("elevenchars", Weakness.SHORT, id="eleven characters"),
        pytest.param("x" * 257, Weakness.LONG, id="longer than anybody types"),
        pytest.param("aino.korhonen", Weakness.NAME, id="the user name"),
        pytest.param("Korhonen1985!", Weakness.NAME, id="the person's name and a year"),
        pytest.param("Password2026!", Weakness.COMMON, id="the commonest word and a year"),
        pytest.param("SALASANA-12345", Weakness.COMMON, id="the commonest word in Finnish"),
        pytest.param("lösenordlösenord", Weakness.COMMON, id="the commonest word in Swedish twice"),
        pytest.param("Espoo.Neuvo.1", Weakness.COMMON, id="the city and this service"),
        pytest.param("123456789012", Weakness.COMMON, id="figures in order"),
        pytest.param("qwertyuiopåa", Weakness.COMMON, id="along the keyboard"),
        pytest.param("lkjhgfdsapoi", None, id="two rows of keys, which nobody lists"),
        pytest.param("zyxwvutsrqponm", Weakness.COMMON, id="the alphabet from its end"),
        pytest.param("ababababababab", Weakness.COMMON, id="two letters over and over"),
        pytest.param("harmaa sillan alla virtaa", None, id="words that do not belong together"),
        pytest.param("v7#kQ-x9!mW2p", None, id="signs of a manager"),
        pytest.param("twelve chars", None, id="twelve characters, one a space"),
        pytest.param("ทดสอบรหัสผ่านของฉัน", None, id="letters of another script"),
    ],
)
def test_which_passwords_are_refused(password: str, weakness: Weakness | None) -> None:
    if weakness is None:
        check_password(password, "aino.korhonen", "Aino Korhonen")
    else:
        with pytest.raises(WeakPassword) as caught:
            check_password(password, "aino.korhonen", "Aino Korhonen")
        assert caught.value.weakness is weakness


def test_a_password_is_kept_as_argon2id_with_owasp_parameters() -> None:
    stored = hash_password("harmaa sillan alla virtaa")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password(stored, "harmaa sillan alla virtaa")
    assert not verify_password(stored, "harmaa sillan alla virtaA")


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    # "ä" as one letter, and as an a with two dots after it.
    assert verify_password(hash_password("p\u00e4iv\u00e4kahvit"), "pa\u0308iva\u0308kahvit")


def test_nobody_has_a_password_but_it_is_computed_all_the_same() -> None:
    assert not verify_password(None, "anything at all")
    assert not is_outdated(passwords._NOBODY)
    assert not verify_password("no hash at all", "anything at all")


def test_a_hash_of_other_parameters_is_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("harmaa sillan alla virtaa")
    assert is_outdated(weak)
    assert not is_outdated(hash_password("harmaa sillan alla virtaa"))


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        # The last six digits of RFC 6238, appendix B, for SHA-1.
        pytest.param(59, "287082", id="59 seconds"),
        pytest.param(1111111109, "081804", id="March 2005"),
        pytest.param(1111111111, "050471", id="the next step"),
        pytest.param(1234567890, "005924", id="February 2009"),
        pytest.param(2000000000, "279037", id="May 2033"),
        pytest.param(20000000000, "353130", id="October 2603"),
    ],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert matching_step(RFC_SECRET, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize(
    ("seconds", "good"),
    [
        pytest.param(1111111049, False, id="two steps early"),
        pytest.param(1111111050, True, id="the step before, its first second"),
        pytest.param(1111111080, True, id="its own step"),
        pytest.param(1111111139, True, id="the step after, its last second"),
        pytest.param(1111111140, False, id="two steps late"),
    ],
)
def test_a_code_is_good_for_a_step_on_either_side(seconds: int, good: bool) -> None:
    # 081804 belongs to step 37037036, seconds 1111111080 to 1111111109.
    found = matching_step(RFC_SECRET, "081804", datetime.fromtimestamp(seconds, UTC))
    assert found == (37037036 if good else None)


@pytest.mark.parametrize("code", ["", "28708", "2870822", "２８７０８２", "abcdef", "287 082 "])
def test_what_is_typed_otherwise(code: str) -> None:
    found = matching_step(RFC_SECRET, code, datetime.fromtimestamp(59, UTC))
    assert found == (1 if code == "287 082 " else None)
    assert looks_like_totp(code) == (code in ("２８７０８２", "287 082 "))


def test_recovery_codes_are_ten_and_read_in_any_hand() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert {len(code) for code in codes} == {19}
    assert recovery_digest(" ABCD efgh-ijkl mnop") == recovery_digest("abcd-efgh-ijkl-mnop")


def test_the_qr_code_is_drawn_here_and_needs_no_inline_style() -> None:
    uri = otpauth_uri(RFC_SECRET, "aino")
    assert uri == f"otpauth://totp/Neuvo:aino?secret={RFC_SECRET}&issuer=Neuvo"
    svg = ET.fromstring(qr_code(uri))
    assert svg.tag == "svg"
    assert not any("style" in element.attrib or "href" in element.attrib for element in svg.iter())


AINO, EERO = Account(1, "aino", "Aino", frozenset()), Account(2, "eero", "Eero", frozenset())


def test_a_pairing_travels_sealed_and_is_for_one_account() -> None:
    vault = Vault(Fernet.generate_key().decode())
    shown = pairing(vault, AINO)
    assert shown.secret not in shown.sealed
    assert secret_of(vault, AINO, shown.sealed) == shown.secret
    assert secret_of(vault, EERO, shown.sealed) is None
    assert secret_of(vault, AINO, "forged") is None
    assert pairing(vault, AINO, shown.sealed).secret == shown.secret
    assert pairing(vault, EERO, shown.sealed).secret != shown.secret
    assert shown.spaced.replace(" ", "") == shown.secret


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = SignInSettings(key_file=tmp_path / "data" / "desk.key")
    sealed = open_vault(settings).seal("secret")
    assert open_vault(settings).open(sealed) == "secret"
    assert stat.S_IMODE((tmp_path / "data" / "desk.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["desk.key"]


def test_a_new_key_reads_what_the_old_one_sealed() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = open_vault(SignInSettings(key=SecretStr(old))).seal("secret")
    assert open_vault(SignInSettings(key=SecretStr(f"{new},{old}"))).open(sealed) == "secret"
    assert open_vault(SignInSettings(key=SecretStr(new))).open(sealed) is None


def test_what_is_no_key_is_said_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(VaultError) as caught:
        open_vault(SignInSettings(key=SecretStr("hunter2")))
    assert "hunter2" not in str(caught.value)
    (tmp_path / "desk.key").mkdir()
    with pytest.raises(VaultError):
        open_vault(SignInSettings(key_file=tmp_path / "desk.key"))


def test_digests_need_the_key() -> None:
    one, other = Vault(Fernet.generate_key().decode()), Vault(Fernet.generate_key().decode())
    assert one.digest("name", "aino") == one.digest("name", "aino") != other.digest("name", "aino")
    assert one.digest("ab", "c") != one.digest("a", "bc")
