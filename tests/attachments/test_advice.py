"""A customer can follow the advice of each refusal with the file that was refused (P8)."""

import json
import struct

import pytest

from attachments.inspection import MAX_BYTES, inspect
from attachments.inspection.refusals import HINT
from tests.attachments.hostile_parts import noise
from tests.attachments.valid_files import JPEG, PDF, SAMPLES, docx

HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(40)
# A TIFF image of two pages: a header and two directories, the first of which leads to the second
DIRECTORY = struct.pack("<H4H2L", 1, 256, 3, 1, 0, 1, 0)[:14]
TIFF = b"II*\0" + struct.pack("<L", 8) + DIRECTORY + struct.pack("<L", 26) + DIRECTORY + struct.pack("<L", 0)
# The file that Word keeps beside an open document, with the user's name
WORD_LOCK = (b"\x03Ana".ljust(54, b"\0") + b"\x03\0A\0n\0a\0").ljust(162, b"\0")
# The file with metadata that macOS writes beside a document on a foreign disk
MAC_METADATA = bytes.fromhex("00051607000200004d6163204f5320582020202020202020") + bytes(4_072)
GOOGLE = json.dumps({"doc_id": "1x", "email": "ana@acme.example"}).encode()
INVOICE = b'<?xml version="1.0" encoding="UTF-8"?><factura id="comprobante" version="1.1.0"><infoTributaria/></factura>'
SIGNED = bytes.fromhex("308006092a864886f70d010702a080308002010131") + noise(640)
SCANNED = JPEG[:20] + b"\xff\xfe\x00\x12Escaner de mesa\0" + JPEG[20:] + noise(MAX_BYTES)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "carta.pdf",
            (SAMPLES / "password_r4.pdf").read_bytes(),
            "Ábralo con su contraseña, imprímalo como PDF",
        ),
        (
            "IMG_1.heic",
            HEIC,
            f"{HINT} Envíese la foto por chat, guarde la copia que le llega, que es JPG, y adjunte",
        ),
        (
            "IMG_1.jpg",
            HEIC,
            "parece una foto HEIC de iPhone, aunque termina en .jpg. Envíese la foto por chat",
        ),
        ("escaneo.pdf", PDF + noise(MAX_BYTES), "escanéelo otra vez en gris y a 150 ppp"),
        ("escaneo.pdf", PDF + noise(MAX_BYTES), "divídalo en partes y adjunte cada una"),
        ("informe.docx", docx() + noise(MAX_BYTES), "pesa más de 2 MB. Redúzcalo o divídalo"),
        ("fax.tif", TIFF, f"{HINT} Guárdelo como PDF: como JPG perdería las demás páginas"),
        ("fax.jpg", TIFF, "parece una imagen TIFF, aunque termina en .jpg. Guárdelo como PDF"),
        ("~$rta.docx", WORD_LOCK, "es uno temporal, que su equipo crea junto al documento. Elija el otro"),
        ("~$lista.xlsx", WORD_LOCK, "que no empieza con «~$»"),
        ("~$lista.pptx", WORD_LOCK, "que no empieza con «~$»"),
        ("._carta.pdf", MAC_METADATA, "que no empieza con «._»"),
        ("._carta.pdf", b"", "que no empieza con «._»"),
        ("Carta.gdoc", GOOGLE, "elija Archivo, Descargar, Microsoft Word (.docx)"),
        ("Lista.gsheet", GOOGLE, "elija Archivo, Descargar, Microsoft Excel (.xlsx)"),
        ("factura.xml", INVOICE, "Si es una factura electrónica, adjunte su RIDE en PDF."),
        (
            "carta.pdf.p7m",
            SIGNED,
            "Es un documento firmado. Con su programa de firma, extráigalo o fírmelo como PDF",
        ),
        ("foto.jpe", JPEG, "Es una imagen JPG: ábrala y guárdela con la terminación .jpg"),
        (
            "IMG_2.jpg",
            JPEG + noise(MAX_BYTES),
            "Si es una foto, compártala desde el teléfono en tamaño mediano",
        ),
        ("escaneo.jpg", SCANNED, "Si es un documento escaneado, escanéelo como PDF, en gris y a 150 ppp."),
    ],
)
def test_20_each_refusal_advises_what_to_do(name: str, content: bytes, says: str) -> None:
    reason = inspect(name, content).reason
    assert says in reason
    assert f"«{name}»" in reason


@pytest.mark.parametrize("name", ["~$carta.pdf", "._carta.pdf"])
def test_20_a_document_with_the_name_of_a_temporary_file_is_accepted(name: str) -> None:
    assert inspect(name, PDF).accepted
