"""How uploads are received: in memory, and never more of them than a ticket may have (R3.01,
R3.02).

Stopping an upload half-way would lose the form's other fields. So whatever is over a limit is read
to its end and let go of: the form still learns of the file, and says what is wrong with it.
"""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from attachments.inspection import MAX_BYTES, MAX_FILES

KEPT = MAX_BYTES + 1  # one byte over the limit is enough to see that there are too many


class ReceivedFile(InMemoryUploadedFile):
    """An upload: `size` is what was sent, `content` what was kept of it."""

    content: bytes


class CappedMemoryUploadHandler(FileUploadHandler):
    """Keeps the first `KEPT` bytes of each of the first `MAX_FILES` files of a request; of further
    ones, the names.
    """

    _files = 0
    _content: bytearray

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._files += 1
        self._content = bytearray()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Returns nothing: no other handler is to see the data."""
        if self._files <= MAX_FILES and start < KEPT:
            self._content += raw_data[: KEPT - start]

    def file_complete(self, file_size: int) -> ReceivedFile:
        content = bytes(self._content)
        self._content.clear()
        received = ReceivedFile(
            BytesIO(content), self.field_name, self.file_name, self.content_type, file_size, self.charset
        )
        received.content = content
        return received
