"""What a customer is told of a document that is not taken: what it is, and what to do about it."""

from attachments.inspection.formats import DOC, DOCX, FORMATS, JPEG, OOXML, PDF, XLS, XLSX, Format
from attachments.inspection.problems import Problem

HINT = "Envíe Word, Excel, PDF o JPG de hasta 2 MB."
_AGAIN = "y adjúntelo otra vez."

_MACROS = {
    "docm": ".docx",
    "dotm": ".docx",
    "xlsm": ".xlsx",
    "xltm": ".xlsx",
    "xlsb": ".xlsx",
    "xlam": ".xlsx",
}
_TEXT = "Guárdelo como documento de Word (.docx) o PDF."
_SHEET = "Guárdelo como hoja de Excel (.xlsx) o PDF."
_PICTURE = "Guarde la imagen como JPG."
_PAGES = "Guárdelo como PDF: como JPG perdería las demás páginas, si las tiene."
_PHONE = (
    "Envíese la foto por chat, guarde la copia que le llega, que es JPG, y adjunte esa copia. Para que las próximas ya "
    "sean JPG, en Ajustes, Cámara, Formatos del iPhone elija «Más compatible»."
)
_RENAMED = "Es una imagen JPG: ábrala y guárdela con la terminación .jpg, o cámbiela en su nombre."
_GOOGLE = "Es solo un acceso directo a Google Drive. Abra el documento allí, elija Archivo, Descargar, {} y adjúntelo."
_INVOICE = "Si es una factura electrónica, adjunte su RIDE en PDF."
_SIGNED = (
    "Es un documento firmado. Con su programa de firma, extráigalo o fírmelo como PDF, y adjunte el PDF."
)
_AS_PDF = "Guárdelo como PDF."
_PROGRAM = "un programa"
_PACKED = "Extraiga los documentos y adjúntelos uno por uno."
_ADVICE = {
    **dict.fromkeys(("heic", "heif", "hif"), _PHONE),
    **dict.fromkeys(("png", "gif", "bmp", "webp", "avif", "svg"), _PICTURE),
    **dict.fromkeys(("tif", "tiff"), _PAGES),
    **dict.fromkeys(("jpe", "jfif", "jif", "jfi"), _RENAMED),
    "gdoc": _GOOGLE.format("Microsoft Word (.docx)"),
    "gsheet": _GOOGLE.format("Microsoft Excel (.xlsx)"),
    "gslides": _GOOGLE.format("Documento PDF (.pdf)"),
    "xml": _INVOICE,
    **dict.fromkeys(("p7m", "p7s"), _SIGNED),
    **dict.fromkeys(("odt", "rtf", "txt", "wps", "wpd", "pages", "dot", "dotx", "htm", "html", "mht"), _TEXT),
    **dict.fromkeys(("ods", "csv", "tsv", "numbers", "xlt", "xltx"), _SHEET),
    **dict.fromkeys(
        ("ppt", "pptx", "pps", "ppsx", "odp", "key", "vsd", "vsdx", "pub", "eml", "msg"), _AS_PDF
    ),
    **dict.fromkeys(("zip", "rar", "7z", "gz", "tar"), _PACKED),
}
EXTENSIONS_WITH_ADVICE = (
    *_MACROS,
    *_ADVICE,
)  # the extensions that are not taken and have a way out of their own
# What libmagic recognises, in words
_SEEMS = {
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
} | {kind.content_type: kind.label for kind in FORMATS.values()}
# What neither Word nor Excel opens has a way out of its own, whatever its name says
_SAVED = {
    **dict.fromkeys(("image/heic", "image/heif"), _PHONE),
    **dict.fromkeys((f"image/{kind}" for kind in ("png", "gif", "webp", "bmp", "svg+xml")), _PICTURE),
    "image/tiff": _PAGES,
    **dict.fromkeys(("application/vnd.ms-powerpoint", f"{OOXML}presentationml.presentation"), _AS_PDF),
    "application/vnd.ms-outlook": _AS_PDF,
    "application/zip": _PACKED,
}
_RESAVE = {
    DOC: "Ábralo con Word, guárdelo como .docx",
    DOCX: "Ábralo con Word, guárdelo como .docx",
    XLS: "Ábralo con Excel, guárdelo como .xlsx",
    XLSX: "Ábralo con Excel, guárdelo como .xlsx",
    PDF: "Guárdelo otra vez como PDF",
    JPEG: "Guárdelo otra vez como JPG",
}
# Another file of the same, put together in the plainest way
_SIMPLER = {
    **dict.fromkeys((DOC, DOCX, XLS, XLSX), "Guárdelo como PDF y adjunte el PDF."),
    PDF: "Imprímalo como PDF y adjunte el PDF nuevo.",
    JPEG: f"Guárdelo otra vez como JPG {_AGAIN}",
}
_UNLOCKED = {
    **dict.fromkeys((DOC, DOCX, XLS, XLSX, JPEG), f"Ábralo con su contraseña, guárdelo sin ella {_AGAIN}"),
    PDF: "Ábralo con su contraseña, imprímalo como PDF y adjunte el PDF nuevo.",
}


def hidden_characters(name: str) -> str:
    return f"El nombre del archivo «{name}» tiene caracteres que no se ven. Póngale otro nombre {_AGAIN}"


def device_name(name: str) -> str:
    return f"El archivo «{name}» lleva un nombre que Windows no permite. Póngale otro nombre {_AGAIN}"


def second_extension(name: str, extension: str) -> str:
    seen = f"El nombre del archivo «{name}» contiene «.{extension}», como el de un programa."
    return f"{seen} Póngale otro nombre {_AGAIN}"


def no_extension(name: str) -> str:
    return f"Al nombre del archivo «{name}» le falta la extensión, como .pdf o .docx. {HINT}"


def other_extension(name: str, extension: str) -> str:
    """An extension that is not taken, with the way out for the commonest."""
    if extension in _MACROS:
        return f"El archivo «{name}» puede contener macros. Guárdelo sin macros, como {_MACROS[extension]}, {_AGAIN}"
    return f"El archivo «{name}» no se puede adjuntar. {HINT} {_ADVICE.get(extension, '')}".rstrip()


def temporary(name: str, mark: str) -> str:
    """What Word keeps while a document is open, or a Mac leaves beside it: the names resemble each
    other.
    """
    return (
        f"El archivo «{name}» es uno temporal, que su equipo crea junto al documento. Elija el otro: el de nombre "
        f"parecido que no empieza con «{mark}»."
    )


def empty(name: str) -> str:
    return f"El archivo «{name}» está vacío. Revise que se abra en su equipo y adjúntelo otra vez."


def too_heavy(name: str, extension: str) -> str:
    """A picture comes from a phone, which makes it smaller itself, or from a scanner, which does
    better with a PDF.
    """
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


def in_trouble(name: str, expected: Format, trouble: Problem) -> str:
    """What was found inside; of a damaged one, how to mend it."""
    saved = f"como {expected.current}"
    texts = {
        Problem.OVERSIZED: "ocupa demasiado una vez abierto. Divídalo y adjúntelo otra vez.",
        Problem.TOO_COMPLEX: f"es demasiado complejo para revisarlo. {_SIMPLER[expected]}",
        Problem.LOCKED: f"está protegido con contraseña. {_UNLOCKED[expected]}",
        Problem.MACROS: f"contiene macros. Guárdelo sin macros, {saved}, {_AGAIN}",
        Problem.CONTROLS: "contiene controles ActiveX. Guárdelo como PDF y adjunte el PDF.",
        Problem.PROGRAM: f"lleva dentro un programa o un acceso directo. Quítelo, guárdelo {saved} {_AGAIN}",
        Problem.WEB_PAGE: f"lleva dentro una página web guardada (MHT). {_RESAVE[expected]} {_AGAIN}",
        Problem.COMMANDS: f"contiene un vínculo que ejecuta programas (DDE). Quítelo, guárdelo {saved} {_AGAIN}",
        Problem.REMOTE: "usa una plantilla o un objeto de otro equipo. Guárdelo como PDF y adjunte el PDF.",
        Problem.SCRIPT: "contiene programación (JavaScript). Imprímalo como PDF y adjunte el PDF nuevo.",
        Problem.LAUNCH: "abre otros archivos o programas. Imprímalo como PDF y adjunte el PDF nuevo.",
        Problem.POLYGLOT: f"contiene también otro tipo de archivo. {_RESAVE[expected]} {_AGAIN}",
        Problem.PIXELS: "es una imagen demasiado grande. Redúzcala a menos de 40 megapíxeles y adjúntela otra vez.",
    }
    return f"El archivo «{name}» {texts[trouble]}" if trouble in texts else unreadable(name, expected)


def of_other_kind(name: str, kind: Format) -> str:
    return f"El archivo «{name}» es en realidad {kind.label}. Guárdelo como .{kind.extensions[0]} {_AGAIN}"


def seems(name: str, extension: str, vote: str) -> str:
    """What libmagic takes it for; empty where that is its own kind, or nothing that has a name
    here.
    """
    expected = FORMATS[extension]
    if vote == expected.content_type or vote not in _SEEMS:
        return ""
    resaved = HINT if expected in {PDF, JPEG} else f"{_RESAVE[expected]} {_AGAIN}"
    saved = HINT if _SEEMS[vote] == _PROGRAM else _SAVED.get(vote, resaved)
    return f"El archivo «{name}» no se puede adjuntar: parece {_SEEMS[vote]}, aunque termina en .{extension}. {saved}"


def unreadable(name: str, expected: Format) -> str:
    return f"El archivo «{name}» no se puede leer como {expected.label}. {_RESAVE[expected]} {_AGAIN}"
