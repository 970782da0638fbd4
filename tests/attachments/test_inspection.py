"""Documents that may be attached: corpus, limits, names and random bytes (A11, R3.01-R3.14)."""

import json
import subprocess
import sys
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attachments.inspection import (
    EXTENSIONS,
    HINT,
    MAX_BYTES,
    MAX_NAME,
    clean_name,
    extension_of,
    inspect,
    libmagic,
)
from attachments.inspection.archive import MAX_ENTRIES, MAX_UNPACKED
from tests.attachments.valid_files import GOOD, OLE_MAGIC, PDF, docx, ole, package, packed
from tests.corpus import ROOT, samples

EXE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\x00\x00\x4c\x01" + bytes(200)
PRESENTATION = package(
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    part="ppt/presentation.xml",
)
OTHERS = {
    "exe": EXE,
    "elf": b"\x7fELF\x02\x01\x01" + bytes(200),
    "class": b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(100),
    "lnk": bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(100),
    "txt": b"Buenos dias",
    "csv": b"linea,plan\n0991234567,Corporativo\n",
    "html": b"<!DOCTYPE html><html><body>x</body></html>",
    "rtf": b"{\\rtf1\\ansi Hola}",
    "xml": b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(50),
    "gif": b"GIF89a" + bytes(50),
    "webp": b"RIFF\x30\x00\x00\x00WEBPVP8 " + bytes(40),
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(40),
    "tif": b"II*\x00\x08\x00\x00\x00" + bytes(50),
    "bmp": b"BM" + bytes(80),
    "ps": b"%!PS-Adobe-3.0\n",
    "zip": packed({"a.txt": b"a"}),
    "odt": packed({"mimetype": b"application/vnd.oasis.opendocument.text"}),
    "pptx": packed(PRESENTATION),
    "ppt": ole({"PowerPoint Document": b"x"}),
    "msg": ole({"__properties_version1.0": b"x"}),
    "ole": ole({"Contents": b"x"}),
    "rar": b"Rar!\x1a\x07\x00" + bytes(50),
    "gz": b"\x1f\x8b\x08\x00" + bytes(50),
    "nil": bytes(2000),
    "one byte": b"%",
}

INSPECT_CORPUS = """
import json, sys
from pathlib import Path
from attachments.inspection import inspect, libmagic
if sys.argv[1] == "wheel":
    libmagic.from_system = lambda: None
handle = libmagic.from_wheel() if sys.argv[1] == "wheel" else libmagic.from_system()
if handle is None:
    sys.exit(3)
files = json.load(sys.stdin)
print(json.dumps([inspect(name, Path(path).read_bytes()).accepted for name, path in files]))
"""


@pytest.mark.parametrize("library", ["system", "wheel"])
def test_r3_05_the_verdicts_on_the_corpus_are_right_with_either_libmagic(library: str) -> None:
    corpus = samples()
    files = json.dumps([(sample.name, str(sample.path)) for sample in corpus])
    command = [sys.executable, "-c", INSPECT_CORPUS, library]
    done = subprocess.run(command, input=files, capture_output=True, text=True, check=False, cwd=ROOT)
    if library == "system" and done.returncode == 3:
        pytest.skip("skipped: no libmagic of the system")
    assert done.returncode == 0, done.stderr
    verdicts = zip(corpus, json.loads(done.stdout), strict=True)
    wrong = [
        s.id for s, accepted in verdicts if s.verdict != "either" and accepted != (s.verdict == "accept")
    ]
    assert wrong == []


@pytest.mark.parametrize("extension", GOOD)
def test_a11_a_genuine_document_is_accepted_with_a_content_type(extension: str) -> None:
    verdict = inspect(f"carta.{extension.upper()}", GOOD[extension])
    assert verdict.accepted, verdict.reason
    assert verdict.content_type
    assert verdict.reason == ""


@pytest.mark.parametrize(("extension", "content"), list(product(EXTENSIONS, [*GOOD, *OTHERS])))
def test_r3_05_only_the_matching_extension_and_content_pass(extension: str, content: str) -> None:
    alike = {extension, content} <= {"jpg", "jpeg"} or extension == content
    verdict = inspect(f"x.{extension}", (GOOD | OTHERS)[content])
    assert verdict.accepted == alike
    assert verdict.accepted == (not verdict.reason)
    assert "application/" not in verdict.reason


def test_r3_13_a_document_with_a_password_is_told_so() -> None:
    (locked,) = [sample for sample in samples() if sample.name == "protected_agile.docx"]
    assert "protegido con contraseña" in inspect(locked.name, locked.path.read_bytes()).reason


@pytest.mark.parametrize(("extra", "accepted"), [(0, True), (1, False)])
def test_r3_01_two_mebibytes_pass_and_one_byte_more_does_not(extra: int, accepted: bool) -> None:
    content = PDF + bytes(MAX_BYTES - len(PDF) + extra)
    verdict = inspect("grande.pdf", content)
    assert verdict.accepted == accepted
    assert ("pesa más de 2 MB" in verdict.reason) != accepted


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "fotos.zip",
            packed({"a.txt": b"a"}),
            f"El archivo «fotos.zip» no se puede adjuntar. {HINT} Extraiga los",
        ),
        ("foto.heic", OTHERS["heic"], "«Más compatible»"),
        ("foto.png", OTHERS["png"], "Guarde la imagen como JPG"),
        ("lista.csv", OTHERS["csv"], "Guárdelo como hoja de Excel (.xlsx)"),
        ("carta.odt", OTHERS["odt"], "Guárdelo como documento de Word (.docx)"),
        ("carta", PDF, "le falta la extensión"),
        ("carta.", PDF, "le falta la extensión"),
        ("vacio.pdf", b"", "está vacío"),
        ("factura.pdf", EXE, "parece un programa"),
        ("pagina.pdf", OTHERS["html"], "parece una página web"),
        ("cuenta.xls", OTHERS["html"], "parece una página web, aunque termina en .xls. Ábralo con Excel"),
        ("carta.doc", OTHERS["rtf"], "parece un documento RTF, aunque termina en .doc. Ábralo con Word"),
        ("foto.jpg", OTHERS["heic"], "parece una foto HEIC de iPhone"),
        ("rubros.docm", docx(), "Guárdelo sin macros, como .docx"),
        ("carta.docx", GOOD["xlsx"], "es en realidad una hoja de Excel (.xlsx). Guárdelo como .xlsx"),
        ("carta.doc", GOOD["docx"], "es en realidad un documento de Word (.docx)"),
        (
            "carta.docx",
            packed({"a.txt": b"a"}),
            "parece un archivo ZIP, aunque termina en .docx. Extraiga los documentos",
        ),
        (
            "carta.docx",
            OTHERS["png"],
            "parece una imagen PNG, aunque termina en .docx. Guarde la imagen como JPG",
        ),
        ("carta.doc", EXE, f"parece un programa, aunque termina en .doc. {HINT}"),
        ("carta.docx", docx()[:-30], "no se puede leer"),
        ("carta.doc", OLE_MAGIC + bytes(100), "no se puede leer"),
        ("carta.doc", OLE_MAGIC + bytes(4000), "no se puede leer"),
    ],
)
def test_each_refusal_says_what_is_wrong_with_the_file(name: str, content: bytes, says: str) -> None:
    verdict = inspect(name, content)
    assert not verdict.accepted
    assert verdict.content_type == ""
    assert says in verdict.reason
    assert f"«{name}»" in verdict.reason


SHAPES = st.sampled_from([b"", EXE, OLE_MAGIC, OLE_MAGIC + bytes(2_000), *GOOD.values()])


@settings(max_examples=300, deadline=None)
@given(SHAPES, st.binary(max_size=3_000), st.integers(0, 3_000), st.sampled_from([*EXTENSIONS, "zip", ""]))
def test_r3_10_no_bytes_make_it_raise(shape: bytes, noise: bytes, at: int, extension: str) -> None:
    verdict = inspect(f"x.{extension}", shape[:at] + noise + shape[at + len(noise) :])
    assert verdict.accepted == (not verdict.reason)


def test_r3_14_every_document_cut_short_or_damaged_gets_a_verdict() -> None:
    for sample in samples():
        content = sample.path.read_bytes()
        for cut in (1, 8, 511, 1_535, 1_536, len(content) // 2, len(content) - 1):
            inspect(sample.name, content[:cut])
            inspect(sample.name, content[:cut] + b"\xff\x00\x7f" + content[cut + 3 :])


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
def test_r3_16_a_clean_name_loses_folders_and_invisible_characters_only(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


def test_r3_16_a_long_name_keeps_its_extension() -> None:
    assert clean_name("a" * 300 + ".docx") == "a" * 95 + ".docx"
    assert len(clean_name("a." + "b" * 300)) == MAX_NAME


@given(st.text(max_size=300))
@example("a." + " b" * 80)
def test_r3_16_a_clean_name_is_short_and_visible_and_cleaning_it_again_changes_nothing(raw: str) -> None:
    name = clean_name(raw)
    assert 0 < len(name) <= MAX_NAME
    assert not {"/", "\\", "\x00", "\n", "\u202e"} & set(name)
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("a.PDF", "pdf"),
        ("a．ＰＤＦ", "pdf"),
        ("a.tar.gz", "gz"),
        ("a.ｐｄｆ", "pdf"),
        ("a", ""),
        ("a.pdf.", ""),
        (".pdf", "pdf"),
    ],
)
def test_r3_04_the_extension_is_the_last_one_folded_and_lower_cased(name: str, extension: str) -> None:
    assert extension_of(name) == extension


@pytest.mark.parametrize(
    "name",
    [
        "Solicitud v1.2 final.pdf",
        "carta.firmada.pdf",
        "carta.docx.pdf",
        "carta.pdf.pdf",
        "oficio www.empresa.com.pdf",
        "Of. n.º 5-2026 (firmado) S.A..pdf",
        "informe.docm.pdf",
        "consulta.pdf",
        "contrato.pdf",
        ".pdf",
        "  carta.pdf  ",
        "C:\\fakepath\\carta.pdf",
        "\u202aC:\\carta.pdf",
        "acta 10:30.pdf",
        "a\u0301cta.pdf",
        "acta\u200b.pdf",
        "baja 😀.PDF",
        "carta.ｐｄｆ",
        "x" * 300 + ".pdf",
        "auxiliar.pdf",
        "console.pdf",
        "com10.pdf",
        "exe.pdf",
        "factura exe.pdf",
        "50%.pdf",
        "a;b&c=d.pdf",
        '"acta".pdf',
    ],
)
def test_r3_04_legitimate_names_are_accepted(name: str) -> None:
    assert inspect(name, PDF).accepted, inspect(name, PDF).reason


@pytest.mark.parametrize(
    "name",
    [
        *("factura.exe.pdf", "factura.exe .pdf", "factura.EXE.pdf", "factura.ｅｘｅ.pdf", "factura．exe.pdf"),
        *(
            "x.php.pdf",
            "x.phtml.pdf",
            "x.js.pdf",
            "x.vbs.pdf",
            "x.bat.pdf",
            "x.scr.pdf",
            "x.html.pdf",
            "x.jar.pdf",
        ),
        *("x.lnk.pdf", "x.hta.pdf", "x.ps1.pdf", "x.msi.v2.pdf", "a/b/x.exe.pdf"),
        *(
            "x.pdf.exe",
            "x.pdf.ｅｘｅ",
            "x.pdf.",
            "x.pdf. ",
            "x.pdf..",
            "x",
            "",
            ".",
            "..",
            "pdf",
            "x.",
            "/",
            "x.pdf/",
        ),
        *(
            "x.docm",
            "x.xlsm",
            "x.dotm",
            "x.xlsb",
            "x.rtf",
            "x.zip",
            "x.html",
            "x.svg",
            "x.mht",
            "x.p df",
            "x.pdfx",
        ),
        *("con.pdf", "CON.pdf", "nul.pdf", "aux.v2.pdf", "COM1.pdf", "lpt9.pdf", "ｃｏｎ.pdf", " con .pdf"),
        *(
            "carta\x00.pdf",
            "carta.pdf\x00.exe",
            "x.exe\x00.pdf",
            "carta\u202efdp.exe",
            "carta\u202eexe.pdf",
            "\u202dx.pdf",
        ),
    ],
)
def test_r3_04_misleading_names_are_refused_whatever_the_content(name: str) -> None:
    verdict = inspect(name, PDF)
    assert not verdict.accepted
    assert f"«{clean_name(name)}»" in verdict.reason


def test_r3_22_the_documentation_states_the_limits() -> None:
    page = (ROOT / "docs" / "attachments.md").read_text(encoding="utf-8")
    assert all(f"`.{extension}`" in page for extension in EXTENSIONS)
    assert f"{MAX_BYTES:,}".replace(",", ".") in page
    assert f"{MAX_UNPACKED // 1024**2} MiB y {MAX_ENTRIES:,}".replace(",", ".") in page
    assert "## Si trae un virus" in page


def test_libmagic_is_available() -> None:
    assert libmagic.available()
    assert libmagic.mime_type(PDF) == "application/pdf"


def test_without_libmagic_an_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libmagic, "from_system", lambda: None)
    monkeypatch.setattr(libmagic, "from_wheel", lambda: None)
    libmagic._handle.cache_clear()
    try:
        assert not libmagic.available()
        with pytest.raises(libmagic.LibmagicMissing, match="libmagic1"):
            libmagic.mime_type(PDF)
    finally:
        libmagic._handle.cache_clear()
