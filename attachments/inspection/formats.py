"""The formats that are accepted, by extension and by the content type that they are stored and
served with.
"""

from dataclasses import dataclass

OOXML = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True)
class Format:
    """A format: `current` is the extension to save it under, in a program of today."""

    content_type: str
    label: str
    extensions: tuple[str, ...]
    current: str


DOC = Format("application/msword", "un documento de Word (.doc)", ("doc",), ".docx")
XLS = Format("application/vnd.ms-excel", "una hoja de Excel (.xls)", ("xls",), ".xlsx")
DOCX = Format(f"{OOXML}wordprocessingml.document", "un documento de Word (.docx)", ("docx",), ".docx")
XLSX = Format(f"{OOXML}spreadsheetml.sheet", "una hoja de Excel (.xlsx)", ("xlsx",), ".xlsx")
PDF = Format("application/pdf", "un documento PDF", ("pdf",), ".pdf")
JPEG = Format("image/jpeg", "una imagen JPG", ("jpg", "jpeg"), ".jpg")
FORMATS = {extension: kind for kind in (DOC, DOCX, XLS, XLSX, PDF, JPEG) for extension in kind.extensions}
EXTENSIONS = tuple(FORMATS)
