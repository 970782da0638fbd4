"""The INSTREAM client, against a real clamd and against servers that misbehave (R3.18)."""

import io
import signal
import time
import zipfile
from collections.abc import Iterator

import pytest

from attachments import clamd
from attachments.clamd import ScanFailed, ScanResult, Server, Timeout, Unavailable
from demo.broker import free_port
from tests.antivirus import EICAR, LONGEST_STREAM, SIGNATURE, Clamd, clamd_running, fake_clamd
from tests.slowness import Stopwatch
from tests.tickets.portal_client import PDF

pytestmark = pytest.mark.loopback
CLEAN = ScanResult(infected=False)
INFECTED = ScanResult(infected=True, signature=f"{SIGNATURE}.UNOFFICIAL")


@pytest.fixture(scope="module")
def antivirus() -> Iterator[Clamd]:
    with clamd_running() as running:
        yield running


def docx(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w:document>" + content + b"</w:document>")
    return packed.getvalue()


def test_a_clean_file_is_clean_over_tcp_and_over_a_unix_socket(antivirus: Clamd) -> None:
    assert clamd.scan(antivirus.server, [PDF]) == CLEAN
    assert clamd.scan(antivirus.unix_server, [PDF[:20], b"", PDF[20:]]) == CLEAN


@pytest.mark.parametrize("infected", [EICAR, PDF + EICAR, docx(EICAR)], ids=["bare", "in a PDF", "in a DOCX"])
def test_a_virus_is_found_wherever_it_is(antivirus: Clamd, infected: bytes) -> None:
    assert clamd.scan(antivirus.server, [infected]) == INFECTED


def test_an_empty_piece_does_not_end_the_stream_before_the_virus(antivirus: Clamd) -> None:
    assert clamd.scan(antivirus.server, [PDF, b"", EICAR]) == INFECTED


@pytest.mark.parametrize("piece", [LONGEST_STREAM + 1, 65_536])
def test_a_stream_over_the_size_limit_of_clamd_is_not_clean(antivirus: Clamd, piece: int) -> None:
    """According to man clamd.conf, clamd answers OK to a file over some of its limits."""
    pieces = [bytes(piece)] * (2 * LONGEST_STREAM // piece + 1)
    with pytest.raises(ScanFailed, match=r"longer than it takes|no verdict"):
        clamd.scan(antivirus.server, pieces)


def test_a_scan_by_a_stopped_clamd_ends_in_a_timeout(antivirus: Clamd) -> None:
    antivirus.signal(signal.SIGSTOP)
    try:
        watch = Stopwatch()
        with pytest.raises(Timeout):
            clamd.scan(antivirus.server, [PDF], seconds=0.3)
        assert watch.seconds() < 15  # production waits for 30
    finally:
        antivirus.signal(signal.SIGCONT)


def test_a_clamd_killed_in_the_middle_of_a_stream_gives_no_verdict() -> None:
    with clamd_running() as antivirus:

        def pieces() -> Iterator[bytes]:
            yield PDF
            antivirus.kill()
            yield from [bytes(65_536)] * 20

        with pytest.raises(ScanFailed):
            clamd.scan(antivirus.server, pieces())


@pytest.mark.parametrize(
    "server",
    [
        Server(host="127.0.0.1", port=free_port()),
        Server(path="/nonexistent/clamd.ctl"),
        Server(path="/x" * 99),
    ],
)
def test_an_unreachable_server_differs_from_a_file_without_a_verdict(server: Server) -> None:
    with pytest.raises(Unavailable):
        clamd.scan(server, [PDF])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"stream: OK",  # incomplete: more may have followed
        b"stream: OK\0stream: Virus FOUND\0",
        b"OK\0",
        b"stream: OK \0",
        b"stream: Can't allocate memory ERROR\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"stream:  FOUND\0",
        b"HTTP/1.1 200 OK\r\n\r\n\0",
        b"x" * 100_000,
    ],
)
def test_any_other_answer_gives_no_verdict(answer: bytes) -> None:
    with fake_clamd(answer) as fake, pytest.raises(ScanFailed):
        clamd.scan(fake.server, [PDF])


def test_clamd_receives_the_file_as_it_is() -> None:
    with fake_clamd() as fake:
        assert clamd.scan(fake.server, [PDF, EICAR]) == CLEAN
        assert bytes(fake.received) == PDF + EICAR


def test_an_ok_before_the_end_of_the_stream_gives_no_verdict() -> None:
    with fake_clamd(b"stream: OK\0", hang_up_after=1) as fake, pytest.raises(ScanFailed):
        clamd.scan(fake.server, [bytes(1_000_000)] * 8)


def test_slow_chunks_do_not_extend_the_time_limit() -> None:
    def slowly() -> Iterator[bytes]:
        while True:
            time.sleep(0.05)
            yield b"x"

    with fake_clamd() as fake, pytest.raises(Timeout):
        clamd.scan(fake.server, slowly(), seconds=0.3)


def test_an_error_in_reading_the_file_is_not_one_of_the_antivirus() -> None:
    def broken() -> Iterator[bytes]:
        yield PDF
        raise TimeoutError

    with fake_clamd() as fake, pytest.raises(TimeoutError):
        clamd.scan(fake.server, broken())


@pytest.mark.parametrize(
    ("raw", "server"),
    [
        ("tcp://clamav:3310", Server(host="clamav", port=3310)),
        ("tcp://10.0.0.9", Server(host="10.0.0.9", port=3310)),
        ("tcp://[::1]:3311/", Server(host="::1", port=3311)),
        ("unix:///run/clamav/clamd.ctl", Server(path="/run/clamav/clamd.ctl")),
    ],
)
def test_the_address_of_clamd_is_a_host_or_a_socket(raw: str, server: Server) -> None:
    assert clamd.parse_url(raw) == server


@pytest.mark.parametrize(
    "raw",
    [
        "clamav:3310",
        "http://clamav:3310",
        "tcp://",
        "tcp://clamav:0",
        "tcp://clamav:99999",
        "tcp://clamav:x",
        "tcp://clamav:3310/path",
        "tcp://user@clamav:3310",
        "tcp://[::1",
        "unix://run/clamav/clamd.ctl",
        "unix:///",
        "/run/clamav/clamd.ctl",
    ],
)
def test_any_other_address_of_clamd_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="clamd"):
        clamd.parse_url(raw)
