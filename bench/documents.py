"""Valid documents of 1 MB, with pictures and compressed text as offices and scanners make them."""

import secrets
import zlib

from bench.requests import File
from tests.attachments import valid_files

MEGABYTE = 1_000_000
WORDS = " ".join(f"servicio {number} de la empresa" for number in range(6_000)).encode()


def pdf() -> File:
    """Ten scanned pages and ten of text."""
    picture = b"/Type /XObject /Subtype /Image /Width 600 /Height 800 /Filter /DCTDecode"
    scanned = [valid_files.stream(jpeg(MEGABYTE // 11)[1], picture) for _ in range(10)]
    text = [valid_files.stream(zlib.compress(WORDS), b"/Filter /FlateDecode") for _ in range(10)]
    return "documento.pdf", valid_files.pdf(*scanned, *text)


def docx() -> File:
    """A letter with one large picture."""
    text = b"<document>" + WORDS * 2 + b"</document>"
    parts = valid_files.package(extra={"word/media/image1.jpg": jpeg(MEGABYTE - 100_000)[1]})
    return "documento.docx", valid_files.packed({**parts, "word/document.xml": text})


def jpeg(size: int = MEGABYTE) -> File:
    """A picture's header and end marker with this many random bytes between them."""
    head, end = valid_files.frame(3000, 2000)[:-2], valid_files.JPEG[-2:]
    noise = secrets.token_bytes(size).replace(b"\xff", b"\xfe")  # 0xFF begins a marker
    return "documento.jpg", head + noise + end


ONE_MEGABYTE = {"PDF": pdf, "Word": docx, "JPG": jpeg}
