"""Harmful files are refused, and similar harmless ones accepted (R3.05, R3.07-R3.14)."""

import io
import zlib

import msoffcrypto
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from attachments.inspection import CONTRADICTIONS, inspect, libmagic
from tests.attachments.hostile import HOSTILE
from tests.attachments.hostile_parts import (
    EXE,
    PHP,
    external,
    field,
    link_to,
    many_entries,
    native,
    object_stream,
    old_book,
    protected_workbook,
)
from tests.attachments.odd_fields import odd_field
from tests.attachments.valid_files import (
    GOOD,
    JPEG,
    PDF,
    SAMPLES,
    doc,
    docx,
    frame,
    ole,
    package,
    packed,
    pdf,
    relationships,
    stream,
    workbook,
    xls,
    xlsx,
)

ONE_PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(40)
SVG = b'<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
INVOICE = stream(zlib.compress(b"<factura/>"), b"/Type /EmbeddedFile /Filter /FlateDecode ")

HONEST: dict[str, tuple[str, bytes]] = {
    "links": ("a.docx", external("hyperlink", "https://www.empresa.example/")),
    "a linked picture": ("a.docx", external("image", "https://www.empresa.example/logo.png")),
    "the template of one's own computer": (
        "a.docx",
        external("attachedTemplate", "file:///C:\\Plantillas\\Oficio.dotx"),
    ),
    "a template without a folder": ("a.docx", external("attachedTemplate", "Normal.dotm")),
    "a sheet linked from a folder": ("a.docx", external("oleObject", "file:///C:\\Cuentas\\rubros.xlsx")),
    "another workbook": (
        "a.xlsx",
        external("externalLinkPath", "https://empresa.sharepoint.example/rubros.xlsx")[:0] or xlsx(),
    ),
    "ten thousand links": (
        "a.xlsx",
        xlsx(
            xl__worksheets___rels__a_dot_xml_dot_rels=relationships(
                *[("hyperlink", "https://x.example", "External")] * 10_000
            )
        ),
    ),
    "a drawing with its own document type": ("a.docx", docx(word__media__a_dot_svg=SVG)),
    "a chart with its sheet": (
        "a.docx",
        docx(word__embeddings__a_dot_xlsx=xlsx(), word__media__a_dot_png=ONE_PIXEL),
    ),
    "a formula": ("a.docx", docx(word__embeddings__a_dot_bin=ole({"Equation Native": b"x", "\1Ole": b"x"}))),
    "a document in an icon": (
        "a.docx",
        docx(word__embeddings__a_dot_bin=ole({"\1Ole10Native": native("a.pdf", PDF)})),
    ),
    "a field": (
        "a.docx",
        docx(word__a_dot_xml=field('HYPERLINK "https://empresa.example/adder.html"')),
    ),
    "a link to a folder of that name": (
        "a.docx",
        docx(word__a_dot_xml=field('HYPERLINK "https://empresa.example/dde/" \\o "DDE"')),
    ),
    "a result that begins so": (
        "a.docx",
        docx(
            word__a_dot_xml=field(
                'REF a</w:instrText><w:fldChar w:fldCharType="separate"/><w:t>DDE x</w:t><w:instrText>'
            )
        ),
    ),
    "a field beside comments": (
        "a.docx",
        odd_field("<!-- DDE x --><w:instrText>PAGE</w:instrText><!--DDE x-->"),
    ),
    "a field in 16 bits": ("a.docx", odd_field("<w:instrText>PAGE</w:instrText>", "utf-16")),
    "a field in pieces": ("a.docx", odd_field("<w:instrText>D</w:instrText><w:instrText>ATE</w:instrText>")),
    "a text about DDE": ("a.docx", docx(word__a_dot_xml=b"<w:t>DDE y DDEAUTO se apagan en Opciones</w:t>")),
    "parts in 16 bits": ("a.xlsx", xlsx(xl__a_dot_xml='<?xml version="1.0"?><a/>'.encode("utf-16"))),
    "a stray byte after the end": ("a.docx", docx() + b"x"),
    "nils after the end": ("a.docx", docx() + bytes(500)),
    "backslashes": ("a.docx", packed({name.replace("/", "\\"): part for name, part in package().items()})),
    "1,000 entries": ("a.docx", many_entries(997)),
    "five thousand rows": (
        "a.xlsx",
        xlsx(
            xl__worksheets__sheet1_dot_xml=b"".join(
                b'<row r="%d"><c><v>%d</v></c></row>' % (n, n * 7) for n in range(60_000)
            )
        ),
    ),
    "an empty drawing of much air": ("a.docx", docx(word__media__a_dot_emf=bytes(1_500_000))),
    "an icon in an old document": ("a.doc", doc({"ObjectPool/1/\1Ole10Native": native("a.txt", b"Hola")})),
    "a sheet in an old document": ("a.doc", doc({"ObjectPool/1/Workbook": b"x", "Macros/nothing": b"x"})),
    "a document in an old sheet": ("a.xls", xls(streams={"MBD1/WordDocument": b"x"})),
    "an old workbook for two versions": ("a.xls", xls(streams={"Book": b"x"})),
    "a workbook linked from a folder": ("a.xls", xls(before=link_to("\1\1Ccuentas\3rubros.xls", 0))),
    "a document put into a workbook, linked": (
        "a.xls",
        xls(before=link_to("Word.Document.8\3C:\\a.doc", 0x10)),
    ),
    "a link of a workbook to itself": ("a.xls", xls(before=b"\xae\1\4\0\2\0\1\4")),
    "a workbook of Excel 95": ("a.xls", old_book(b"\3Hoja2", b"\1\1Ccuentas\3rubros.xls")),
    "a chart sheet": ("a.xls", xls(0, 2)),
    "a text about JavaScript": (
        "a.pdf",
        pdf(b"(/S /JavaScript /JS \\(x\\) /Launch)", b"<< /Title (/JavaScript) >>"),
    ),
    "a page that shows JavaScript": ("a.pdf", pdf(stream(b"BT (x) Tj /JavaScript /JS (x) /Launch ET"))),
    "the same in an object stream": ("a.pdf", object_stream(b"(/JavaScript)", b"<< /A (\\) /JS 1) >>")),
    "an attached invoice": (
        "a.pdf",
        pdf(b"<< /Type /Filespec /F (factura.xml) /EF << /F 5 0 R >> >>", INVOICE),
    ),
    "a printer's header": ("a.pdf", b"\x1b%-12345X@PJL ENTER LANGUAGE=PDF\r\n" + PDF),
    "a web server's header": ("a.pdf", b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + PDF),
    "blanks after the end": ("a.pdf", PDF + b"\r\n\0\0\0" * 200),
    "a printer's trailer": ("a.pdf", PDF + b"\x1b%-12345X"),
    "a picture padded between its marks": ("a.jpg", JPEG[:20] + b"\xff\xff\xff" + JPEG[20:]),
    "a picture with stray bytes": ("a.jpg", JPEG[:20] + b"hello" + JPEG[20:]),
    "a picture and its film": ("a.jpg", JPEG + b"\0\0\0\x18ftypmp42" + bytes(500)),
    "a picture in several": ("a.jpg", JPEG + JPEG),
    "a progressive picture": ("a.jpg", frame(4_000, 3_000, 0xC2)),
    "a picture cut short": ("a.jpg", JPEG[:-2]),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_r3_07_a_harmful_file_is_refused_with_its_reason(what: str) -> None:
    name, content, says = HOSTILE[what]
    verdict = inspect(name, content)
    assert not verdict.accepted
    assert says in verdict.reason
    assert verdict.reason.startswith("El archivo «a.")


@pytest.mark.parametrize("what", HONEST)
def test_r3_05_a_harmless_file_that_resembles_one_is_accepted(what: str) -> None:
    verdict = inspect(*HONEST[what])
    assert verdict.accepted, verdict.reason


@pytest.mark.parametrize(
    "target",
    [
        "file:////Users/ana/Library/Group%20Containers/UBF8T346G9.Office/User%20Content/Templates/Carta.dotx",
        "file:////Applications/Microsoft%20Word.app/Contents/Resources/es.lproj/Carta.dotx",
        "file:///Library/Application%20Support/Microsoft/Templates/Carta.dotx",
        "file://localhost/Users/ana/Carta.dotx",
        "file:///C:\\Users\\ana\\AppData\\Roaming\\Microsoft\\Templates\\Normal.dotm",
        "file:///C:/Users/ana/Normal.dotm",
        "file:///C:%5CUsers%5Cana%5CNormal.dotm",
        "C:\\Users\\ana\\Normal.dotm",
        "/Users/ana/Carta.dotx",
        "Macintosh HD:Users:ana:Normal.dotm",
        "../Plantillas/Carta.dotx",
        "Normal.dotm",
    ],
)
def test_17_a_template_on_the_same_computer_is_accepted(target: str) -> None:
    verdict = inspect("a.docx", external("attachedTemplate", target))
    assert verdict.accepted, verdict.reason


@pytest.mark.parametrize(
    "target",
    [
        *(
            "http://malo.example/a.dotm",
            "HTTPS://malo.example/a.dotm",
            "ftp://malo.example/a",
            "ht&#9;tp://malo.example/a",
        ),
        *("\\\\malo\\a\\a.dotm", "//malo/a/a.dotm", "\\/malo/a/a.dotm", "//Users/ana/a.dotm", " \\\\malo\\a"),
        *("file://malo/a.dotm", "file:\\\\malo\\a", "file:////malo/a", "FILE:////malo/a", "file://///malo/a"),
        *(
            "//a:80/a.dotm",
            "file://a:80/a.dotm",
            "\\\\a:80\\a.dotm",
            "file:/%2f%2fmalo/a",
            "file:/%5C%5cmalo/a",
        ),
        *(
            "file:///\\\\malo\\a",
            "file:///\\malo\\a",
            "file:///%5C%5Cmalo/a",
            "file:%2F%2Fmalo/a",
            "%66ile:////malo/a",
        ),
        *(
            "file:////Users@80/a/b",
            "file:////Users.malo.example/a/b",
            "file:////Userſ/a/b@",
            "file:////Users/../../malo/a",
        ),
        *(
            "file://localhost//malo/a",
            "file://Users/ana/a",
            "file:////",
            "file:///%255C%255Cmalo/a",
            "//127.0.0.1@80/a",
        ),
        *(
            "\\\\?\\UNC\\malo\\a",
            "\\??\\UNC\\malo\\a",
            "\\\\.\\UNC\\malo\\a",
            "mhtml:https://malo.example/a!x",
            "ms-word:x",
        ),
    ],
)
def test_17_a_template_on_another_computer_is_refused_however_it_is_written(target: str) -> None:
    assert "de otro equipo" in inspect("a.docx", external("attachedTemplate", target)).reason


@pytest.mark.parametrize("contradiction", sorted(CONTRADICTIONS))
@pytest.mark.parametrize(("name", "content"), [("a.pdf", b"@PJL\r\n" + PDF), ("a.docx", GOOD["docx"])])
def test_r3_06_libmagic_can_reject_a_file_that_the_reader_accepts(
    name: str, content: bytes, contradiction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inspect(name, content).accepted
    monkeypatch.setattr("attachments.inspection.mime_type", lambda _content: contradiction)
    assert not inspect(name, content).accepted


# First bytes, before a printer's header, that libmagic recognises and the PDF reader does not
IN_FRONT = {
    "a film": b"FWS\x06\xf4\1\0\0\x78\0\5\x5f",
    "a program of macOS": bytes.fromhex("feedfacf01000007") + bytes(30),
    "a drawing": b"<!DOCTYPE svg>\n",
    "a script": b"#! /usr/bin/env bash\n",
}


@pytest.mark.parametrize("what", IN_FRONT)
def test_r3_06_libmagic_can_reject_a_pdf_whose_signature_comes_late(what: str) -> None:
    assert not inspect("a.pdf", IN_FRONT[what] + b"\x1b%-12345X@PJL ENTER LANGUAGE=PDF\r\n" + PDF).accepted


@pytest.mark.parametrize("extension", ["pdf", "jpg", "doc", "xls"])
def test_r3_06_libmagic_never_contradicts_a_file_that_begins_with_its_signature(extension: str) -> None:
    """So `inspect` does not ask libmagic about these; a newer libmagic may change this."""
    content = GOOD[extension]
    for intruder in (*IN_FRONT.values(), SVG, b"<!DOCTYPE html><html>", EXE, PHP):
        for at in (8, 16, 64, 257, 520, len(content)):
            for made in (
                content[:at] + intruder + content[at:],
                content[:at] + intruder + content[at + len(intruder) :],
            ):
                assert libmagic.mime_type(made) not in CONTRADICTIONS


@pytest.mark.parametrize("revision", [2, 3, 4, 6])
def test_r3_11_a_pdf_with_an_empty_password_is_decrypted_and_inspected(revision: int) -> None:
    """Files made with qpdf: RC4 of 40 and 128 bits, AES of 128 and 256, with object streams."""
    plain, script, locked = (
        inspect("a.pdf", (SAMPLES / f"{name}.pdf").read_bytes())
        for name in (
            f"empty_password_r{revision}",
            f"empty_password_r{revision}_script",
            f"password_r{revision}",
        )
    )
    assert plain.accepted
    assert "JavaScript" in script.reason
    assert "con contraseña" in locked.reason


def test_r3_13_a_document_with_a_password_is_told_so() -> None:
    locked = io.BytesIO()
    OOXMLFile(io.BytesIO(docx(word__a_dot_xml=bytes(2_000)))).encrypt("clave", locked)
    assert "con contraseña" in inspect("a.docx", locked.getvalue()).reason


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (workbook(0), ""),
        (workbook(0, before=link_to("\1\1Ccuentas\3a.xls", 0)), ""),
        (workbook(1), "contiene macros"),
        (workbook(0, before=link_to("cmd\3/c calc.exe", 0)), "DDE"),
        (workbook(0, before=bytes(1_020) + link_to("cmd\3/c calc.exe", 0)), "DDE"),
    ],
)
def test_r3_10_a_workbook_with_the_default_password_of_excel_is_inspected(stream: bytes, says: str) -> None:
    content = protected_workbook(stream)
    # Another implementation confirms that it is encrypted as Excel does
    other = msoffcrypto.OfficeFile(io.BytesIO(content))
    other.load_key(password="VelvetSweatshop")
    verdict = inspect("a.xls", content)
    assert verdict.accepted == (not says), verdict.reason
    assert says in verdict.reason
