"""What may be attached: the corpus as people judged it, the limits, the names, and bytes that mean harm (A11, R3.*)."""

import json
import subprocess
import sys
import zipfile
from io import BytesIO
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.corpus import ROOT, samples
from tickets import libmagic
from tickets.attachments import (
    EXTENSIONS,
    HINT,
    MAX_BYTES,
    MAX_CONTENT_TYPES,
    MAX_NAME,
    clean_name,
    extension_of,
    judge,
)

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
EXE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\x00\x00\x4c\x01" + bytes(200)
OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SHEET_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
NAMESPACE = "http://schemas.openxmlformats.org/package/2006/content-types"

GOOD_TYPES = f'<Types xmlns="{NAMESPACE}"><Override PartName="/word/document.xml" ContentType="{WORD_MAIN}"/></Types>'


def ooxml(
    main_type: str = WORD_MAIN,
    *,
    part: str = "word/document.xml",
    head: str = "",
    extra: dict[str, bytes] | None = None,
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A package with one main part, and whatever else is given."""
    types = f'{head}<Types xmlns="{NAMESPACE}"><Override PartName="/{part}" ContentType="{main_type}"/></Types>'
    entries = {"[Content_Types].xml": types.encode(), part: b"<document/>", **(extra or {})}
    return packed(entries, method)


def packed(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


GOOD = {"pdf": PDF, "jpg": JPEG, "jpeg": JPEG, "docx": ooxml(), "xlsx": ooxml(SHEET_MAIN, part="xl/workbook.xml")}

JUDGE_CORPUS = """
import json, sys
from pathlib import Path
from tickets import libmagic
from tickets.attachments import judge
if sys.argv[1] == "wheel":
    libmagic.from_system = lambda: None
handle = libmagic.from_wheel() if sys.argv[1] == "wheel" else libmagic.from_system()
if handle is None:
    sys.exit(3)
asked = json.load(sys.stdin)
print(json.dumps([judge(name, Path(path).read_bytes()).accepted for name, path in asked]))
"""


@pytest.mark.parametrize("library", ["system", "wheel"])
def test_r3_05_the_corpus_is_judged_as_labelled_with_either_libmagic(library: str) -> None:
    corpus = samples()
    asked = json.dumps([(sample.name, str(sample.path)) for sample in corpus])
    command = [sys.executable, "-c", JUDGE_CORPUS, library]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False, cwd=ROOT)
    if library == "system" and done.returncode == 3:
        pytest.skip("skipped: no libmagic of the system")
    assert done.returncode == 0, done.stderr
    verdicts = zip(corpus, json.loads(done.stdout), strict=True)
    wrong = [s.id for s, accepted in verdicts if s.verdict != "either" and accepted != (s.verdict == "accept")]
    assert wrong == []


@pytest.mark.parametrize("extension", GOOD)
def test_a11_a_genuine_document_is_accepted_with_our_own_content_type(extension: str) -> None:
    verdict = judge(f"carta.{extension.upper()}", GOOD[extension])
    assert verdict.accepted, verdict.reason
    assert verdict.content_type
    assert verdict.reason == ""


@pytest.mark.parametrize(("extension", "content"), list(product(EXTENSIONS, [*GOOD, "exe", "txt"])))
def test_r3_05_only_the_matching_extension_and_content_pass(extension: str, content: str) -> None:
    everything = {**GOOD, "exe": EXE, "txt": b"Buenos dias"}
    alike = {extension, content} <= {"jpg", "jpeg"} or extension == content
    assert judge(f"x.{extension}", everything[content]).accepted == alike


def test_r3_13_a_document_with_a_password_is_told_so() -> None:
    (locked,) = [sample for sample in samples() if sample.name == "protected_agile.docx"]
    assert "protegido con contraseña" in judge(locked.name, locked.path.read_bytes()).reason


@pytest.mark.parametrize(("extra", "accepted"), [(0, True), (1, False)])
def test_r3_01_two_mebibytes_pass_and_one_byte_more_does_not(extra: int, accepted: bool) -> None:
    content = PDF + bytes(MAX_BYTES - len(PDF) + extra)
    verdict = judge("grande.pdf", content)
    assert verdict.accepted == accepted
    assert ("pesa más de 2 MB" in verdict.reason) != accepted


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("fotos.zip", packed({"a.txt": b"a"}), f"El archivo «fotos.zip» no se puede adjuntar. {HINT}"),
        ("carta", PDF, "le falta la extensión"),
        ("carta.", PDF, "le falta la extensión"),
        ("vacio.pdf", b"", "está vacío"),
        ("factura.pdf", EXE, "parece un programa"),
        ("pagina.pdf", b"<!DOCTYPE html><html><body>x</body></html>", "parece una página web"),
        ("rubros.docm", ooxml(), "contiene macros"),
        ("rubros.docx", ooxml(extra={"word/vbaProject.bin": b"x"}), "contiene macros"),
        ("rubros.xlsx", ooxml("application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "contiene macros"),
        ("carta.docx", GOOD["xlsx"], "es en realidad una hoja de Excel (.xlsx)"),
        ("carta.docx", packed({"a.txt": b"a"}), "parece un archivo ZIP"),
        ("carta.docx", ooxml()[:-30], "no se puede leer"),
        ("carta.doc", OLE_MAGIC + bytes(100), "no se puede leer"),
        ("carta.doc", OLE_MAGIC + bytes(4000), "no se puede leer"),
    ],
)
def test_each_refusal_says_what_is_wrong_with_the_file(name: str, content: bytes, says: str) -> None:
    verdict = judge(name, content)
    assert not verdict.accepted
    assert verdict.content_type == ""
    assert says in verdict.reason
    assert f"«{name}»" in verdict.reason


@pytest.mark.parametrize(
    "main_type", ["application/xml", WORD_MAIN + "x", WORD_MAIN.replace("document.main", "template.main"), ""]
)
def test_r3_07_the_main_part_must_be_exactly_a_document(main_type: str) -> None:
    assert not judge("carta.docx", ooxml(main_type)).accepted


def test_r3_07_the_main_part_must_be_in_the_package() -> None:
    assert not judge("carta.docx", packed({"[Content_Types].xml": GOOD_TYPES.encode()})).accepted


def test_r3_07_a_package_with_two_main_parts_is_neither() -> None:
    second = f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_MAIN}"/>'
    types = GOOD_TYPES.replace("</Types>", f"{second}</Types>")
    entries = {"[Content_Types].xml": types.encode(), "word/document.xml": b"", "xl/workbook.xml": b""}
    assert not judge("carta.docx", packed(entries)).accepted
    assert not judge("carta.xlsx", packed(entries)).accepted


def test_r3_08_content_types_without_end_are_not_read() -> None:
    for blanks, accepted in ((1_000, True), (MAX_CONTENT_TYPES, False)):
        assert judge("carta.docx", ooxml(head=f"<!--{' ' * blanks}-->")).accepted == accepted


def test_r3_08_a_package_of_too_many_entries_is_refused() -> None:
    most = {f"p{number}.xml": b"" for number in range(998)}
    assert judge("carta.docx", ooxml(extra=most)).accepted
    assert "demasiado" in judge("carta.docx", ooxml(extra={**most, "one_more.xml": b""})).reason


def test_r3_08_a_package_that_unpacks_to_more_than_20_mib_is_refused() -> None:
    assert "demasiado" in judge("carta.docx", ooxml(extra={"big.xml": bytes(20 * 1024 * 1024)})).reason


def test_r3_09_a_document_type_in_the_content_types_is_refused() -> None:
    head = '<!DOCTYPE Types [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    assert not judge("carta.docx", ooxml(head=head)).accepted


def test_r3_08_a_compression_that_no_office_suite_uses_is_refused() -> None:
    assert judge("carta.docx", ooxml()).accepted
    assert not judge("carta.docx", ooxml(method=zipfile.ZIP_LZMA)).accepted


@pytest.mark.parametrize(("offset", "accepted"), [(0, True), (1_019, True), (1_020, False)])
def test_r3_11_the_pdf_mark_may_come_within_the_first_1024_bytes(offset: int, accepted: bool) -> None:
    assert judge("escaner.pdf", b"x" * (offset and offset - 1) + b"\n" * bool(offset) + PDF).accepted == accepted


@pytest.mark.parametrize("disguise", [EXE, JPEG, packed({"a.txt": b"a"})])
def test_r3_05_a_pdf_mark_inside_something_else_is_no_pdf(disguise: bytes) -> None:
    assert not judge("doble.pdf", disguise + PDF).accepted


SHAPES = st.sampled_from([b"", PDF, JPEG, EXE, OLE_MAGIC, OLE_MAGIC + bytes(2_000), GOOD["docx"], GOOD["xlsx"]])


@settings(max_examples=300, deadline=None)
@given(SHAPES, st.binary(max_size=3_000), st.integers(0, 3_000), st.sampled_from([*EXTENSIONS, "zip", ""]))
def test_r3_10_no_bytes_make_it_raise(shape: bytes, noise: bytes, at: int, extension: str) -> None:
    verdict = judge(f"x.{extension}", shape[:at] + noise + shape[at + len(noise) :])
    assert verdict.accepted == (not verdict.reason)


def test_r3_14_every_document_cut_short_or_damaged_gets_a_verdict() -> None:
    for sample in samples():
        content = sample.path.read_bytes()
        for cut in (1, 8, 511, 1_535, 1_536, len(content) // 2, len(content) - 1):
            judge(sample.name, content[:cut])
            judge(sample.name, content[:cut] + b"\xff\x00\x7f" + content[cut + 3 :])


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("carta.pdf", "carta.pdf"),
        ("C:\\Documentos\\carta firmada.pdf", "carta firmada.pdf"),
        ("../../etc/passwd", "passwd"),
        ("carta\x00.exe.pdf", "carta.exe.pdf"),
        ("carta\r\nX-Y: z.pdf", "carta X-Y: z.pdf"),
        ("carta\u202efdp.exe", "cartafdp.exe"),
        ("  oficio   n.º 5 .pdf ", "oficio n.º 5 .pdf"),
        ("peticio\u0301n.docx", "petición.docx"),
        ('a";x=.pdf', 'a";x=.pdf'),
        ("baja 😀.pdf", "baja 😀.pdf"),
        ("", "archivo"),
        ("\u200b\x07", "archivo"),
        ("x/", "archivo"),
    ],
)
def test_r3_16_names_lose_what_cannot_be_seen_and_nothing_else(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


def test_r3_16_a_long_name_keeps_its_extension() -> None:
    assert clean_name("a" * 300 + ".docx") == "a" * 95 + ".docx"
    assert len(clean_name("a." + "b" * 300)) == MAX_NAME


@given(st.text(max_size=300))
@example("a." + " b" * 80)
def test_r3_16_a_clean_name_is_short_visible_and_stays_as_it_is(raw: str) -> None:
    name = clean_name(raw)
    assert 0 < len(name) <= MAX_NAME
    assert not {"/", "\\", "\x00", "\n", "\u202e"} & set(name)
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.PDF", "pdf"), ("a.tar.gz", "gz"), ("a.ｐｄｆ", "pdf"), ("a", ""), ("a.pdf.", ""), (".pdf", "pdf")],
)
def test_r3_04_the_extension_is_the_last_one_folded_and_lower_cased(name: str, extension: str) -> None:
    assert extension_of(name) == extension


def test_libmagic_is_found_here() -> None:
    assert libmagic.available()
    assert libmagic.mime_type(PDF) == "application/pdf"


def test_where_there_is_no_libmagic_at_all_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libmagic, "from_system", lambda: None)
    monkeypatch.setattr(libmagic, "from_wheel", lambda: None)
    libmagic._handle.cache_clear()
    try:
        assert not libmagic.available()
        with pytest.raises(libmagic.LibmagicMissing, match="libmagic1"):
            libmagic.mime_type(PDF)
    finally:
        libmagic._handle.cache_clear()
