"""The example in docs/network-identity.md, which operators follow to set up the gateway."""

import re
from pathlib import Path

from otp.network.signature import Signature, mac_of

GUIDE = (Path(__file__).parents[2] / "docs" / "network-identity.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"printf %s '([^']+)' \| openssl dgst -sha256 -hmac '([^']+)'")
HEADER = re.compile(r"^X-MSISDN-Signature: (.+)$", re.MULTILINE)
NUMBER = re.compile(r"^X-MSISDN: (.+)$", re.MULTILINE)


def found(pattern: re.Pattern[str]) -> re.Match[str]:
    match = pattern.search(GUIDE)
    assert match
    return match


def test_the_example_in_the_guide_is_a_valid_signature() -> None:
    message, key = found(COMMAND).groups()
    signature = Signature.read(found(HEADER)[1])
    assert signature
    assert signature.mac == mac_of(message, key)
    assert f"\n{message}\n" in GUIDE
    number, client, host = found(NUMBER)[1], "100.64.3.2", "portal.operadora.example"
    assert signature.covers(number, client, host, [key])


def test_the_example_is_invalid_for_any_other_input() -> None:
    _message, key = found(COMMAND).groups()
    signature = Signature.read(found(HEADER)[1])
    assert signature
    number, client, host = found(NUMBER)[1], "100.64.3.2", "portal.operadora.example"
    assert not signature.covers(number, client, host, ["another"])
    assert not signature.covers(number, client, "otro.example", [key])
    assert not signature.covers(number, "100.64.3.3", host, [key])
    assert not signature.covers("593991234568", client, host, [key])
