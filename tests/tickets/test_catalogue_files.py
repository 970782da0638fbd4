"""A wrong catalogue file is refused whole; each problem names file, type and key (A7)."""

from pathlib import Path

import pytest

from tickets import catalogue
from tickets.catalogue import CatalogueError
from tickets.catalogue.entries import check
from tickets.catalogue.yaml_file import MAX_BYTES, read
from tickets.words import MAX_LENGTH

pytestmark = pytest.mark.thorough

TYPE = "request_types: [{code: visit, name: Visita, %s}]"
FIELD = TYPE % "fields: [{name: a, label: A, %s}]"
TWO = TYPE % "fields: [{name: a, label: A, %s}, {name: b, label: B, %s}]"
CHOICE = "kind: choice, choices: [Una, Otra]"


def said(content: bytes | str, folder: Path) -> list[str]:
    """Return the problems of a file with this content."""
    path = folder / "tipos.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        check([(path.name, read(path))])
    except CatalogueError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (TYPE % "kind: x", "tipo «visit»: kind: no es una clave; puede ser code, name,"),
        (TYPE % "name: Otra", "renglón 1: la clave «name» está repetida."),
        ("types: []", "types: no es una clave; puede ser areas, request_types."),
        ("[]", "tiene que empezar con «areas:» o «request_types:»."),
        ("", "tiene que empezar con «areas:» o «request_types:»."),
        ("request_types:", "No hay áreas ni tipos que cargar."),
        ("request_types: {}", "request_types: tiene que ser una lista"),
        ("request_types: [visit]", "tipo n.º 1: tiene que ser una lista de claves"),
        ("request_types: [{code: visit}]", "tipo «visit»: name: falta."),
        ("request_types: [{name: Visita}]", "tipo n.º 1: code: falta."),
        ("request_types: [{code: a b, name: V}]", "tipo «a b»: code: "),
        (
            "request_types: [{code: v, name: V}, {code: v, name: V}]",
            "tipo «v»: code: el código está dos veces.",
        ),
        (TYPE % "description: 3", "description: es un texto; un número va entre comillas."),
        (TYPE % f"description: {'x' * 201}", "description: Asegúrese de que este valor"),
        (TYPE % "position: -1", "position: es un número entero de 0 a 32767."),
        (TYPE % "position: 40000", "position: es un número entero de 0 a 32767."),
        (TYPE % "position: true", "position: es un número entero de 0 a 32767."),
        (TYPE % "notice_days:", "notice_days: es un número entero de 0 a 32767."),
        (TYPE % "ceiling_days: 400", "ceiling_days: Asegúrese de que este valor es menor o igual a 366"),
        (TYPE % "in_portal: Sí", "in_portal: se escribe true o false."),
        (TYPE % "family: bajas", "family: puede ser cancellation, change,"),
        (TYPE % "effective_rule: cut", "effective_rule: puede ser none,"),
        (TYPE % "allows_prepaid: true", "allows_prepaid: una línea pasa a prepago solo si"),
        (
            TYPE % "asks_lines: true, in_public_form: true",
            "in_public_form: Un tipo que pide las líneas no se ofrece sin ingresar",
        ),
        (TYPE % "reasons: [Una, Una]", "reasons: «Una» está dos veces."),
        (TYPE % "reasons: [Otro motivo]", "reasons: «Otro motivo» se ofrece siempre"),
        (TYPE % "reasons: [3]", "reasons: cada elemento es un texto de un renglón"),
        (TYPE % f"reasons: [{'x' * 121}]", "Asegúrese de que este valor"),
        (TYPE % "asks_reason: false, reasons: [Una]", "reasons: el tipo no pide el motivo"),
        (TYPE % "words: {titulo: x}", "words: No hay un texto «titulo»."),
        (TYPE % "words: {title: 3}", "words: «title» es un texto de hasta 2000 caracteres."),
        (TYPE % f"words: {{title: {'x' * (MAX_LENGTH + 1)}}}", "words: «title» es un texto de hasta"),
        (TYPE % 'words: {date_one: "El {day}."}', "words: «date_one» no tiene el valor {day}"),
        (TYPE % 'words: {title: "a\\0b"}', "words: «title» tiene caracteres que no se pueden guardar."),
        (TYPE % "words: [x]", "words: Los textos van por nombre."),
        (TYPE % "fields: {a: b}", "fields: tiene que ser una lista"),
        (TYPE % "fields: [{name: a}]", "fields.«a».label: falta."),
        (TYPE % "fields: [{name: a á, label: A}]", "fields.«a á».name: "),
        (FIELD % "kind: select", "fields.«a».kind: puede ser short_text,"),
        (FIELD % "options: []", "fields.«a».options: no es una clave"),
        (FIELD % "is_required: 1", "fields.«a».is_required: se escribe true o false."),
        (FIELD % "kind: choice", "fields.«a».choices: una lista tiene dos opciones o más."),
        (
            FIELD % "choices: [Una, Otra]",
            "fields.«a».choices: solo una pregunta de clase «choice» tiene opciones.",
        ),
        (FIELD % "kind: choice, choices: [Una, 2]", "fields.«a».choices: cada elemento es un texto"),
        (FIELD % "kind: choice, choices: Una", "fields.«a».choices: tiene que ser una lista"),
        (FIELD % "shown_values: [Una]", "fields.«a».shown_if: falta decir de qué pregunta"),
        (FIELD % "shown_if: b, shown_values: [Una]", "fields.«a».shown_if: no hay antes una pregunta «b»."),
        (FIELD % "shown_if: a, shown_values: [Una]", "fields.«a».shown_if: no hay antes una pregunta «a»."),
        (TWO % ("kind: date", "shown_if: a, shown_values: [x]"), "fields.«b».shown_if: «a» no es una lista"),
        (TWO % (CHOICE, "shown_if: a"), "fields.«b».shown_values: falta decir con qué respuestas"),
        (TWO % (CHOICE, "shown_if: a, shown_values: [Dos]"), "fields.«b».shown_values: «Dos» no es una de"),
        (TWO % ("kind: yes_no", "shown_if: a, shown_values: [Si]"), "«Si» no es una de las respuestas."),
        (
            TYPE % "fields: [{name: a, label: A}, {name: a, label: B}]",
            "fields.«a».name: la pregunta está dos",
        ),
        (TYPE % "documents: [{hint: x}]", "documents.n.º 1.name: falta."),
        (TYPE % "documents: [{name: A}, {name: A}]", "documents.«A»: el documento está dos veces."),
        ("areas: [{name: A}, {name: A}]", "área «A»: name: el área está dos veces."),
        ("areas: [{name: A, email: x}]", "área «A»: email: Introduzca una dirección de correo"),
        ("areas: [{name: A, is_active: true}]", "área «A»: is_active: se avisa solo a un área con correo"),
        ("areas: [{name: ''}]", "name: Este campo no puede estar vacío."),
        ("areas:\n - {name: A\n", "renglón 3: no es YAML: revise la sangría"),
        ("a: &a [x]\nb: *a", "renglón 1: las referencias (& y *) no se admiten."),
        ("areas: !!python/name:os.system {}", "no es YAML"),
        ("3: x", "renglón 1: cada clave es una palabra."),
        ("? [a]\n: x", "renglón 1: cada clave es una palabra."),
        ("[" * 5_000, "tiene demasiados niveles."),
        (b"areas: \xff", "no está en UTF-8."),
        (b"areas: \x07", "tiene un carácter o un valor que YAML no admite."),
        ("#" + "x" * MAX_BYTES, "pasa de 1 MB."),
    ],
    ids=lambda value: str(value)[:60],
)
def test_each_mistake_has_its_message(content: bytes | str, problem: str, tmp_path: Path) -> None:
    found = said(content, tmp_path)
    assert any(problem in each for each in found), found
    assert all(each.startswith("tipos.yaml: ") for each in found if "No hay áreas" not in each), found


def test_one_run_says_all_that_is_wrong(tmp_path: Path) -> None:
    text = (
        "request_types: [{code: a, name: A, family: x, in_desk: 1}, {code: b, name: B, words: {x: y, z: y}}]"
    )
    assert len(said(text, tmp_path)) == 4


def test_no_and_si_are_words_and_phones_keep_their_zero(tmp_path: Path) -> None:
    path = tmp_path / "tipos.yaml"
    path.write_text("[No, Sí, yes, on, 0991234567, 12:30, 2026-01-31, 1.5, 15, true, null]", encoding="utf-8")
    plain = ["No", "Sí", "yes", "on", "0991234567", "12:30", "2026-01-31", "1.5", 15, True, None]
    assert read(path) == plain


@pytest.mark.parametrize(("name", "why"), [("ninguno.yaml", "no existe."), (".", "es una carpeta.")])
def test_a_file_that_cannot_be_read_says_why(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=why):
        read(tmp_path / name)


@pytest.mark.django_db
def test_a_problem_of_one_file_keeps_all_from_being_loaded(tmp_path: Path) -> None:
    good, bad = tmp_path / "bien.yaml", tmp_path / "mal.yaml"
    good.write_text("areas: [{name: Campo}]", encoding="utf-8")
    bad.write_text(TYPE % "family: x", encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        catalogue.load([good, bad])
    assert [problem.file for problem in caught.value.problems] == ["mal.yaml"]
    good_again = catalogue.load([good])
    assert good_again.areas[0].created
