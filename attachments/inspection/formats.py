"""The accepted formats, their extensions, and the content types to store and serve them with."""

from dataclasses import dataclass

OOXML = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True)
class Format:
    """An accepted format; `current` is the extension that today's programs save it with."""

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
FORMATS = {extension: each for each in (DOC, DOCX, XLS, XLSX, PDF, JPEG) for extension in each.extensions}
EXTENSIONS = tuple(FORMATS)
