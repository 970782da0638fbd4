"""The id of a system check means one thing for ever: operators silence checks and read about them
by it.
"""

import re
from collections import Counter

from tests.conformance.project import sources

CALL = re.compile(r"_error\(\s*(\d+),|id=\"fidelizacion\.([EW]\d{3})\"")


def test_no_two_checks_have_one_id() -> None:
    """HSTS_PRELOAD without subdomains and https without a proxy were both E060."""
    texts = [path.read_text(encoding="utf-8") for path in sources("fidelizacion")]
    found = [code or f"E{int(number):03}" for text in texts for number, code in CALL.findall(text)]
    assert len(found) > 40
    assert {name: times for name, times in Counter(found).items() if times > 1} == {}
