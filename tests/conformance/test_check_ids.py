"""System checks have unique ids, by which operators silence them and look them up."""

import re
from collections import Counter

from tests.conformance.project import sources

CALL = re.compile(r"_error\(\s*(\d+),|id=\"fidelizacion\.([EW]\d{3})\"")


def test_no_two_checks_have_one_id() -> None:
    """E060 once stood for two mistakes: HSTS_PRELOAD without subdomains, https without a proxy."""
    texts = [path.read_text(encoding="utf-8") for path in sources("fidelizacion")]
    found = [code or f"E{int(number):03}" for text in texts for number, code in CALL.findall(text)]
    assert len(found) > 40
    assert {name: times for name, times in Counter(found).items() if times > 1} == {}
