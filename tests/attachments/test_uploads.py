"""Uploads are read to their end and kept within the limits of a ticket (R3.01, R3.02)."""

from hypothesis import given
from hypothesis import strategies as st

from attachments.inspection import MAX_BYTES, MAX_FILES
from attachments.uploads import KEPT, MAX_RECEIVED, CappedMemoryUploadHandler, ReceivedFile


def receive(handler: CappedMemoryUploadHandler, name: str, chunks: list[bytes]) -> ReceivedFile:
    """Call the handler as Django's parser does."""
    handler.new_file("attachments", name, "application/pdf", None)
    start = 0
    for chunk in chunks:
        handler.receive_data_chunk(chunk, start)
        start += len(chunk)
    return handler.file_complete(start)


def test_a_file_of_exactly_the_limit_is_kept_whole() -> None:
    received = receive(CappedMemoryUploadHandler(), "a.pdf", [b"x" * 65_536] * 32)
    assert (received.size, len(received.content)) == (MAX_BYTES, MAX_BYTES)
    assert received.read() == received.content


def test_r3_01_of_a_huge_file_one_byte_over_the_limit_is_kept_and_its_size_known() -> None:
    received = receive(CappedMemoryUploadHandler(), "a.pdf", [b"x" * 65_536] * 200)
    assert (received.size, len(received.content)) == (200 * 65_536, KEPT)


def test_r3_02_of_files_beyond_the_fifth_only_the_name_is_kept() -> None:
    handler = CappedMemoryUploadHandler()
    received = [receive(handler, f"{number}.pdf", [b"abc"]) for number in range(12)]
    assert [len(file.content) for file in received] == [3] * MAX_RECEIVED + [0] * (
        MAX_FILES + 7 - MAX_RECEIVED
    )
    assert received[-1].name == "11.pdf"
    assert received[-1].size == 3


def test_an_empty_file_is_received() -> None:
    received = receive(CappedMemoryUploadHandler(), "vacio.pdf", [])
    assert (received.size, received.content) == (0, b"")


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_the_content_is_the_chunks_joined(chunks: list[bytes]) -> None:
    received = receive(CappedMemoryUploadHandler(), "a.pdf", chunks)
    assert received.content == b"".join(chunks)
    assert received.size == len(received.content)
