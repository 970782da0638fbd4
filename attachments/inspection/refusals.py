"""Texts for the customer about a refused document: what is wrong with it, and what to do."""

from attachments.inspection.formats import DOC, DOCX, FORMATS, JPEG, OOXML, PDF, XLS, XLSX, Format
from attachments.inspection.problems import Problem

HINT = "Envíe Word, Excel, PDF o JPG de hasta 2 MB."
_AGAIN = "y adjúntelo otra vez."

_NO_MACROS = {
    "docm": ".docx",
    "dotm": ".docx",
    "xlsm": ".xlsx",
    "xltm": ".xlsx",
    "xlsb": ".xlsx",
    "xlam": ".xlsx",
}
_SAVE_AS_WORD = "Guárdelo como documento de Word (.docx) o PDF."
_SAVE_AS_EXCEL = "Guárdelo como hoja de Excel (.xlsx) o PDF."
_SAVE_AS_JPG = "Guarde la imagen como JPG."
_SAVE_PAGES_AS_PDF = "Guárdelo como PDF: como JPG perdería las demás páginas, si las tiene."
_SEND_BY_CHAT = (
    "Envíese la foto por chat, guarde la copia que le llega, que es JPG, y adjunte esa copia. Para que las próximas ya "
    "sean JPG, en Ajustes, Cámara, Formatos del iPhone elija «Más compatible»."
)
_RENAME_TO_JPG = "Es una imagen JPG: ábrala y guárdela con la terminación .jpg, o cámbiela en su nombre."
_DOWNLOAD = (
    "Es solo un acceso directo a Google Drive. Abra el documento allí, elija Archivo, Descargar, {} "
    "y adjúntelo."
)
_ATTACH_RIDE = "Si es una factura electrónica, adjunte su RIDE en PDF."
_EXTRACT_SIGNED = (
    "Es un documento firmado. Con su programa de firma, extráigalo o fírmelo como PDF, y adjunte el PDF."
)
_SAVE_AS_PDF = "Guárdelo como PDF."
_PROGRAM = "un programa"
_EXTRACT_FILES = "Extraiga los documentos y adjúntelos uno por uno."
_ADVICE = {
    **dict.fromkeys(("heic", "heif", "hif"), _SEND_BY_CHAT),
    **dict.fromkeys(("png", "gif", "bmp", "webp", "avif", "svg"), _SAVE_AS_JPG),
    **dict.fromkeys(("tif", "tiff"), _SAVE_PAGES_AS_PDF),
    **dict.fromkeys(("jpe", "jfif", "jif", "jfi"), _RENAME_TO_JPG),
    "gdoc": _DOWNLOAD.format("Microsoft Word (.docx)"),
    "gsheet": _DOWNLOAD.format("Microsoft Excel (.xlsx)"),
    "gslides": _DOWNLOAD.format("Documento PDF (.pdf)"),
    "xml": _ATTACH_RIDE,
    **dict.fromkeys(("p7m", "p7s"), _EXTRACT_SIGNED),
    **dict.fromkeys(
        ("odt", "rtf", "txt", "wps", "wpd", "pages", "dot", "dotx", "htm", "html", "mht"), _SAVE_AS_WORD
    ),
    **dict.fromkeys(("ods", "csv", "tsv", "numbers", "xlt", "xltx"), _SAVE_AS_EXCEL),
    **dict.fromkeys(
        ("ppt", "pptx", "pps", "ppsx", "odp", "key", "vsd", "vsdx", "pub", "eml", "msg"), _SAVE_AS_PDF
    ),
    **dict.fromkeys(("zip", "rar", "7z", "gz", "tar"), _EXTRACT_FILES),
}
EXTENSIONS_WITH_ADVICE = (
    *_NO_MACROS,
    *_ADVICE,
)  # refused extensions with specific advice
# Labels of the types that libmagic recognises
_TYPE_LABELS = {
    "application/zip": "un archivo ZIP",
    "application/x-dosexec": _PROGRAM,
    "application/vnd.microsoft.portable-executable": _PROGRAM,
    "application/x-executable": _PROGRAM,
    "application/x-pie-executable": _PROGRAM,
    "application/x-sharedlib": _PROGRAM,
    "application/x-msi": _PROGRAM,
    "application/vnd.ms-powerpoint": "una presentación de PowerPoint",
    f"{OOXML}presentationml.presentation": "una presentación de PowerPoint",
    "application/vnd.ms-outlook": "un mensaje de Outlook",
    "application/vnd.oasis.opendocument.text": "un documento de LibreOffice",
    "application/vnd.oasis.opendocument.spreadsheet": "una hoja de LibreOffice",
    "image/heic": "una foto HEIC de iPhone",
    "image/heif": "una foto HEIC de iPhone",
    "image/png": "una imagen PNG",
    "image/gif": "una imagen GIF",
    "image/webp": "una imagen WebP",
    "image/tiff": "una imagen TIFF",
    "image/bmp": "una imagen BMP",
    "image/svg+xml": "una imagen SVG",
    "text/html": "una página web",
    "text/csv": "un texto con comas (CSV)",
    "text/plain": "un texto sin formato",
    "text/xml": "un archivo XML",
    "text/rtf": "un documento RTF",
    "message/rfc822": "una página web guardada por Internet Explorer (MHT) o un correo",
} | {each.content_type: each.label for each in FORMATS.values()}
# Advice by detected type, for files that neither Word nor Excel can open and save again
_TYPE_ADVICE = {
    **dict.fromkeys(("image/heic", "image/heif"), _SEND_BY_CHAT),
    **dict.fromkeys(
        (f"image/{subtype}" for subtype in ("png", "gif", "webp", "bmp", "svg+xml")), _SAVE_AS_JPG
    ),
    "image/tiff": _SAVE_PAGES_AS_PDF,
    **dict.fromkeys(("application/vnd.ms-powerpoint", f"{OOXML}presentationml.presentation"), _SAVE_AS_PDF),
    "application/vnd.ms-outlook": _SAVE_AS_PDF,
    "application/zip": _EXTRACT_FILES,
}
_SAVE_AGAIN = {
    DOC: "Ábralo con Word, guárdelo como .docx",
    DOCX: "Ábralo con Word, guárdelo como .docx",
    XLS: "Ábralo con Excel, guárdelo como .xlsx",
    XLSX: "Ábralo con Excel, guárdelo como .xlsx",
    PDF: "Guárdelo otra vez como PDF",
    JPEG: "Guárdelo otra vez como JPG",
}
# How to make a simpler file with the same content
_SIMPLIFY = {
    **dict.fromkeys((DOC, DOCX, XLS, XLSX), "Guárdelo como PDF y adjunte el PDF."),
    PDF: "Imprímalo como PDF y adjunte el PDF nuevo.",
    JPEG: f"Guárdelo otra vez como JPG {_AGAIN}",
}
_REMOVE_PASSWORD = {
    **dict.fromkeys((DOC, DOCX, XLS, XLSX, JPEG), f"Ábralo con su contraseña, guárdelo sin ella {_AGAIN}"),
    PDF: "Ábralo con su contraseña, imprímalo como PDF y adjunte el PDF nuevo.",
}


def hidden_characters(name: str) -> str:
    return f"El nombre del archivo «{name}» tiene caracteres que no se ven. Póngale otro nombre {_AGAIN}"


def device_name(name: str) -> str:
    return f"El archivo «{name}» lleva un nombre que Windows no permite. Póngale otro nombre {_AGAIN}"


def inner_extension(name: str, extension: str) -> str:
    problem = f"El nombre del archivo «{name}» contiene «.{extension}», como el de un programa."
    return f"{problem} Póngale otro nombre {_AGAIN}"


def no_extension(name: str) -> str:
    return f"Al nombre del archivo «{name}» le falta la extensión, como .pdf o .docx. {HINT}"


def unsupported_extension(name: str, extension: str) -> str:
    """Say that the extension is not accepted, with advice for the most frequent ones."""
    if extension in _NO_MACROS:
        return f"El archivo «{name}» puede contener macros. Guárdelo sin macros, como {_NO_MACROS[extension]}, {_AGAIN}"
    return f"El archivo «{name}» no se puede adjuntar. {HINT} {_ADVICE.get(extension, '')}".rstrip()


def temporary_file(name: str, prefix: str) -> str:
    """Explain a temporary file, which Word or macOS creates beside a document of similar name."""
    return (
        f"El archivo «{name}» es uno temporal, que su equipo crea junto al documento. Elija el otro: el de nombre "
        f"parecido que no empieza con «{prefix}»."
    )


def empty_file(name: str) -> str:
    return f"El archivo «{name}» está vacío. Revise que se abra en su equipo y adjúntelo otra vez."


def too_large(name: str, extension: str) -> str:
    """Say how to get below 2 MB: a phone can share a smaller photo, a scanner can make a PDF."""
    if FORMATS.get(extension) is JPEG:
        return (
            f"La imagen «{name}» pesa más de 2 MB. Si es una foto, compártala desde el teléfono en tamaño mediano y "
            "adjunte esa copia. Si es un documento escaneado, escanéelo como PDF, en gris y a 150 ppp."
        )
    if FORMATS.get(extension) is PDF:
        return (
            f"El archivo «{name}» pesa más de 2 MB. Si es un documento escaneado, escanéelo otra vez en gris y a "
            "150 ppp. Si aun así pesa más, divídalo en partes y adjunte cada una."
        )
    return f"El archivo «{name}» pesa más de 2 MB. Redúzcalo o divídalo y adjúntelo otra vez."


def for_problem(name: str, expected: Format, problem: Problem) -> str:
    """Say what the inspection found and what to do."""
    saved = f"como {expected.current}"
    texts = {
        Problem.OVERSIZED: "ocupa demasiado una vez abierto. Divídalo y adjúntelo otra vez.",
        Problem.TOO_COMPLEX: f"es demasiado complejo para revisarlo. {_SIMPLIFY[expected]}",
        Problem.LOCKED: f"está protegido con contraseña. {_REMOVE_PASSWORD[expected]}",
        Problem.MACROS: f"contiene macros. Guárdelo sin macros, {saved}, {_AGAIN}",
        Problem.CONTROLS: "contiene controles ActiveX. Guárdelo como PDF y adjunte el PDF.",
        Problem.PROGRAM: f"lleva dentro un programa o un acceso directo. Quítelo, guárdelo {saved} {_AGAIN}",
        Problem.WEB_PAGE: f"lleva dentro una página web guardada (MHT). {_SAVE_AGAIN[expected]} {_AGAIN}",
        Problem.COMMANDS: f"contiene un vínculo que ejecuta programas (DDE). Quítelo, guárdelo {saved} {_AGAIN}",
        Problem.REMOTE: "usa una plantilla o un objeto de otro equipo. Guárdelo como PDF y adjunte el PDF.",
        Problem.SCRIPT: "contiene programación (JavaScript). Imprímalo como PDF y adjunte el PDF nuevo.",
        Problem.LAUNCH: "abre otros archivos o programas. Imprímalo como PDF y adjunte el PDF nuevo.",
        Problem.POLYGLOT: f"contiene también otro tipo de archivo. {_SAVE_AGAIN[expected]} {_AGAIN}",
        Problem.PIXELS: "es una imagen demasiado grande. Redúzcala a menos de 40 megapíxeles y adjúntela otra vez.",
    }
    return f"El archivo «{name}» {texts[problem]}" if problem in texts else unreadable(name, expected)


def other_format(name: str, actual: Format) -> str:
    return (
        f"El archivo «{name}» es en realidad {actual.label}. Guárdelo como .{actual.extensions[0]} {_AGAIN}"
    )


def looks_like(name: str, extension: str, detected_type: str) -> str:
    """Say what libmagic recognises; empty for the expected type and for types without a label."""
    expected = FORMATS[extension]
    if detected_type == expected.content_type or detected_type not in _TYPE_LABELS:
        return ""
    label = _TYPE_LABELS[detected_type]
    save_again = HINT if expected in {PDF, JPEG} else f"{_SAVE_AGAIN[expected]} {_AGAIN}"
    advice = HINT if label == _PROGRAM else _TYPE_ADVICE.get(detected_type, save_again)
    return (
        f"El archivo «{name}» no se puede adjuntar: parece {label}, aunque termina en .{extension}. {advice}"
    )


def unreadable(name: str, expected: Format) -> str:
    return f"El archivo «{name}» no se puede leer como {expected.label}. {_SAVE_AGAIN[expected]} {_AGAIN}"
