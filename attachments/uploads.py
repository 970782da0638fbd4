"""Receive uploads in memory, up to the number and size that a ticket may have (R3.01, R3.02).

Stopping an upload half-way would lose the other fields of the form. So what exceeds a limit is read
to its end and discarded; the form still gets the file's name and size, and can say what is wrong.
"""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from attachments.inspection import MAX_BYTES, MAX_FILES

KEPT = MAX_BYTES + 1  # one byte over the limit shows that the file is too large
MAX_RECEIVED = MAX_FILES + 1  # the documents, and a list of lines


class ReceivedFile(InMemoryUploadedFile):
    """An upload. `size` is the number of bytes sent; `content` has those that were kept."""

    content: bytes


class CappedMemoryUploadHandler(FileUploadHandler):
    """Keeps the first `KEPT` bytes of the first `MAX_RECEIVED` files, and the names of others."""

    _files = 0
    _content: bytearray

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._files += 1
        self._content = bytearray()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep the data, and return None so that no other handler receives them."""
        if self._files <= MAX_RECEIVED and start < KEPT:
            self._content += raw_data[: KEPT - start]

    def file_complete(self, file_size: int) -> ReceivedFile:
        content = bytes(self._content)
        self._content.clear()
        received = ReceivedFile(
            BytesIO(content), self.field_name, self.file_name, self.content_type, file_size, self.charset
        )
        received.content = content
        return received
