"""docs/pin.md states the PIN's limits with their defaults, the waits, the other ways to sign in and
the accepted risks (R1.31).
"""

import ast
import re

import pytest

from otp import addresses, known_browser
from otp.limits import guesses, lockout
from otp.pin import challenges
from tests.conformance.project import BASE, tree

DOCUMENT = (BASE / "docs" / "pin.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\|[^|]*\| `([A-Z_]+)` \| `([^`]*)` \|", re.MULTILINE)
NO_LIMITS = {"OTP_PEPPER", "OTP_SHORT_CODES_ACCEPTED"}


def defaults() -> dict[str, str]:
    """Return the default of each variable of the PIN, as it is written in the environment."""
    defaults_by_name: dict[str, str] = {}
    for node in ast.walk(tree(BASE / "fidelizacion" / "settings.py")):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")),
                args=[ast.Constant(value=str(name)), *_, default],
            ) if name.startswith(("OTP_", "INVITATIONS_")) and name not in NO_LIMITS:
                values = [str(part.value) for part in ast.walk(default) if isinstance(part, ast.Constant)]
                defaults_by_name[name] = values[-1]
    return defaults_by_name


def test_r1_31_every_limit_is_documented_with_its_default() -> None:
    assert len(defaults()) > 10
    assert dict(ROW.findall(DOCUMENT)) == defaults()


@pytest.mark.parametrize(
    "sentence",
    [
        "30 segundos la primera vez, el doble cada vez, una hora como máximo",
        "A los 100 errores seguidos",
        "unlock_phone",
        "send_links",
        "network-identity.md",
        "## Riesgos que se aceptan",
    ],
)
def test_r1_31_locks_other_ways_in_and_accepted_risks_are_documented(sentence: str) -> None:
    assert sentence in " ".join(DOCUMENT.split())


def test_r1_31_the_fixed_numbers_are_those_of_the_code() -> None:
    assert (challenges.ATTEMPTS, lockout.MAX_FAILURES, guesses.ALARM_DIVISOR) == (5, 100, 4)
    assert (addresses.WIDER_NETWORKS, known_browser.AGE.days) == (((56, 4), (48, 16)), 180)
    assert (lockout.FIRST_WAIT.total_seconds(), lockout.LONGEST_WAIT.total_seconds()) == (30, 3600)
