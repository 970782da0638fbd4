"""A code is uniform, derived from its challenge, and compared in constant time (R1.01, R1.09,
R1.12).
"""

import ast
from collections import Counter
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from otp.pin import codes

PHONE = "+593991234567"
# Chi-square with 9 degrees of freedom exceeds this with p = 0.001; the nonces below are fixed
CHI_SQUARE_9_P001 = 27.88
# The same with 999 degrees of freedom
CHI_SQUARE_999_P001 = 1143.9


def derived(count: int) -> list[str]:
    return [codes.derive(f"{number:032x}", PHONE) for number in range(count)]


def chi_square(observed: Counter[str], cells: int) -> float:
    expected = observed.total() / cells
    return sum((count - expected) ** 2 / expected for count in observed.values()) + expected * (
        cells - len(observed)
    )


def test_codes_are_uniform_over_nonces_in_every_digit() -> None:
    """R1.01"""
    drawn = derived(20_000)
    for position in range(6):
        assert chi_square(Counter(code[position] for code in drawn), 10) < CHI_SQUARE_9_P001
    assert chi_square(Counter(code[:3] for code in drawn), 1000) < CHI_SQUARE_999_P001


def test_codes_are_six_digits_with_their_leading_zeros() -> None:
    """R1.01"""
    drawn = derived(5_000)
    assert all(len(code) == 6 and code.isdecimal() and code.isascii() for code in drawn)
    assert 0.08 < sum(code.startswith("0") for code in drawn) / len(drawn) < 0.12


@pytest.mark.parametrize("digits", [4, 8])
def test_the_number_of_digits_is_a_setting(settings: Settings, digits: int) -> None:
    settings.OTP_DIGITS = digits
    assert {len(code) for code in derived(200)} == {digits}


def test_draws_of_the_incomplete_last_round_are_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """R1.01: with 1,000,000 codes the last 967,296 of 4,294,967,296 draws would favour the low
    ones.
    """
    monkeypatch.setattr(codes, "_draws", lambda *_: iter([4_294_967_295, 4_294_000_000, 4_293_999_999]))
    assert codes.derive("n", PHONE) == "999999"


def test_the_same_challenge_has_the_same_code_again() -> None:
    nonce = codes.new_nonce()
    assert codes.derive(nonce, PHONE) == codes.derive(nonce, PHONE)


def test_the_code_depends_on_nonce_phone_and_pepper(settings: Settings) -> None:
    nonce = "0" * 32
    first = codes.derive(nonce, PHONE)
    assert codes.derive("1" + nonce[1:], PHONE) != first
    assert codes.derive(nonce, "+593987654321") != first
    settings.OTP_PEPPER = "another " * 8
    assert codes.derive(nonce, PHONE) != first


def test_without_a_pepper_there_is_no_code(settings: Settings) -> None:
    settings.OTP_PEPPER = ""
    with pytest.raises(ImproperlyConfigured):
        codes.derive("0" * 32, PHONE)


def test_only_the_code_itself_matches() -> None:
    nonce = codes.new_nonce()
    right = codes.derive(nonce, PHONE)
    assert codes.matches(right, nonce, PHONE)
    assert not codes.matches(right[:-1], nonce, PHONE)
    assert not codes.matches(f"{(int(right) + 1) % 1_000_000:06}", nonce, PHONE)


def test_nonces_differ() -> None:
    assert len({codes.new_nonce() for _ in range(1000)}) == 1000


SECRET_NAMES = frozenset({"code", "typed", "right", "derive", "nonce", "expected"})


@pytest.mark.parametrize("path", sorted(Path("otp").rglob("*.py")), ids=str)
def test_no_code_is_compared_with_an_operator(path: Path) -> None:
    """R1.12: the time of `==` shows how much of a guess is right."""
    compared = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Compare)
    ]
    for comparison in compared:
        operands = [comparison.left, *comparison.comparators]
        assert not any(SECRET_NAMES & _words(operand) for operand in operands), f"line {comparison.lineno}"


def _words(operand: ast.expr) -> set[str]:
    """Return an operand's name, or the function's name of a call: `len(code)` compares no code."""
    if isinstance(operand, ast.Call):
        operand = operand.func
    if isinstance(operand, ast.Subscript):
        operand = operand.value
    return {operand.id} if isinstance(operand, ast.Name) else {getattr(operand, "attr", "")}
