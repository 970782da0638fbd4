"""Request types from files: the shipped catalogue, repeated and partial loads (A7, D1, D8)."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests import cast
from tests.otp.concurrency import at_once, fifty_times
from tickets import catalogue, offer
from tickets.catalogue.entries import Catalogue, check
from tickets.catalogue.yaml_file import read
from tickets.models import OTHER_REASON, Area, Reason, RequestField, RequestType, RequiredDocument
from tickets.words import problems

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
CODES = {
    "address_change",
    "call_detail",
    "call_forwarding",
    "cancellation",
    "claim",
    "clarification",
    "complaint",
    "debt_negotiation",
    "double_payment",
    "doubt",
    "general",
    "invoice_copy",
    "invoice_dispute",
    "new_service",
    "ownership_transfer",
    "payment_report",
    "recording",
    "reinstallation",
    "sim",
    "suspension",
    "technical_fault",
}
PUBLIC = {"complaint", "doubt", "general", "new_service"}
MODELS = (Area, RequestType, Reason, RequestField, RequiredDocument)


def shipped() -> Catalogue:
    return check([(path.name, read(path)) for path in catalogue.shipped_files()])


def rows() -> dict[str, list[Any]]:
    """Return everything that a load may write."""
    models: tuple[Any, ...] = (*MODELS, RequestType.areas.through)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def write(folder: Path, text: str) -> Path:
    path = folder / "tipos.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_product_ships_every_kind_of_request() -> None:
    assert {entry.code for entry in shipped().types} == CODES
    catalogue.load()
    assert set(RequestType.objects.values_list("code", flat=True)) == CODES
    assert {row.code for row in RequestType.objects.filter(in_portal=True)} == {"cancellation"}
    assert {row.code for row in RequestType.objects.filter(in_public_form=True)} == PUBLIC
    assert RequestType.objects.filter(in_desk=True).count() == len(CODES)


def test_each_shipped_type_passes_the_checks_of_the_desk() -> None:
    catalogue.load()
    for request_type in RequestType.objects.prefetch_related("fields", "reasons", "required_documents"):
        request_type.full_clean()
        rows = (request_type.fields, request_type.reasons, request_type.required_documents)
        for row in (each for manager in rows for each in manager.all()):
            row.full_clean()
        assert not list(problems(request_type.own_words))
        assert request_type.description
        assert request_type.asks_reason == bool(request_type.reasons.all())


def test_the_shipped_words_suit_an_sms_and_a_radio_card() -> None:
    catalogue.load()
    for request_type in RequestType.objects.all():
        assert len(request_type.words.text("errand")) <= 30, request_type.code
        assert len(request_type.description) <= 100, request_type.code


def test_the_catalogues_cancellation_and_the_migrated_one_say_the_same() -> None:
    cast.make_request_type()
    report = catalogue.load()
    outcome = next(each for each in report.types if each.name == "cancellation")
    assert not outcome.created
    assert all(change.startswith("se avisa a ") for change in outcome.changes), outcome.changes


def test_an_area_without_an_address_is_created_inactive_and_the_report_says_so() -> None:
    report = catalogue.load()
    assert not Area.objects.filter(is_active=True).exists()
    assert len(report.areas) == Area.objects.count() > 5
    assert all("falta su correo" in each.notes[0] for each in report.areas)


def test_a_second_load_changes_nothing_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    catalogue.load()
    before = rows()
    assert not catalogue.load().changed()
    call_command("request_types", "load")
    assert capsys.readouterr().out.splitlines()[-1] == "Listo: sin cambios (30 iguales)."
    assert rows() == before


def test_a_dry_run_reports_the_same_and_writes_nothing() -> None:
    cast.make_request_type()
    before = rows()
    rehearsed = catalogue.load(dry_run=True)
    assert rows() == before
    assert rehearsed == catalogue.load()
    assert rows() != before


def test_a_replacing_load_wins_for_what_it_names_and_the_report_says_what_changed(tmp_path: Path) -> None:
    request_type = cast.make_request_type()
    RequestType.objects.update(name="Baja", notice_days=20, own_words={"title": "Baja", "intro": "Lea esto."})
    text = """
      request_types:
        - code: cancellation
          name: Anulación o baja
          reasons: [No utiliza el servicio, Cierre de la empresa]
          words: {title: Su baja}
    """
    report = catalogue.load([write(tmp_path, text)], replace=True)
    assert not report.kept()
    assert report.types[0].changes == [
        "nombre: «Baja» → «Anulación o baja»",
        "texto «title»: «Baja» → «Su baja»",
        "motivo «No utiliza el servicio»: orden: 2 → 1",
        "motivo «Cierre de la empresa»: se agrega",
        "motivo «Usuario no labora en la empresa»: se retira",
        "motivo «Problemas económicos»: se retira",
        "motivo «Problemas de cobertura»: se retira",
        "motivo «Mejor oferta de la competencia»: se retira",
    ]
    request_type.refresh_from_db()
    assert request_type.notice_days == 20  # not in the file
    assert request_type.own_words == {"title": "Su baja", "intro": "Lea esto."}
    assert set(request_type.reasons.filter(is_active=True).values_list("text", flat=True)) == {
        "No utiliza el servicio",
        "Cierre de la empresa",
    }


LOADED = """
  areas: [{name: Campo, email: campo@operadora.example, checks: Órdenes.}, {name: Bodega}]
  request_types:
    - code: visit
      name: Visita
      description: Para pedir una visita.
      in_portal: false
      areas: [Campo]
      reasons: [Instalación, Retiro]
      fields: [{name: day, label: Día}, {name: hour, label: Hora}]
      documents: [{name: Croquis}, {name: Permiso}]
      words: {title: Su visita, intro: Lea esto.}
"""
LATER = LOADED.replace("una visita", "otra visita").replace("Lea esto", "Lea todo")


def change_at_the_desk() -> RequestType:
    """Change one thing of each kind, as the desk's pages allow."""
    Area.objects.filter(name="Campo").update(email="otro@operadora.example")
    RequestType.objects.filter(code="visit").update(
        name="Visita técnica", in_portal=True, own_words={"title": "Su visita técnica", "intro": "Lea esto."}
    )
    request_type = RequestType.objects.get(code="visit")
    request_type.areas.set([Area.objects.get(name="Bodega")])
    request_type.reasons.filter(text="Retiro").update(is_active=False)
    request_type.reasons.create(text="Traslado", position=3)
    request_type.fields.filter(name="day").update(label="¿Qué día?", is_required=True)
    request_type.fields.create(name="floor", label="Piso", position=3)
    request_type.required_documents.get(name="Croquis").delete()
    return request_type


def test_a_second_load_keeps_what_the_desk_changed_and_says_so(tmp_path: Path) -> None:
    """What the desk left alone follows the file: here a description and a text."""
    catalogue.load([write(tmp_path, LOADED)])
    request_type = change_at_the_desk()
    for attempt in range(2):  # the second load changes nothing and keeps the same values
        report = catalogue.load([write(tmp_path, LATER)])
        changes = [
            "descripción: «Para pedir una visita.» → «Para pedir otra visita.»",
            "texto «intro»: «Lea esto.» → «Lea todo.»",
        ]
        assert report.types[0].changes == ([] if attempt else changes)
        assert report.types[0].kept == [
            "nombre: «Visita técnica» (el archivo dice «Visita»)",
            "se ofrece en el portal: sí (el archivo dice no)",
            "texto «title»: «Su visita técnica» (el archivo dice «Su visita»)",
            "motivo «Retiro»: se ofrece: no (el archivo dice sí)",
            "motivo «Traslado»: no está en el archivo",
            "pregunta «day»: es obligatoria: sí (el archivo dice no)",
            "pregunta «day»: pregunta: «¿Qué día?» (el archivo dice «Día»)",
            "pregunta «Piso»: no está en el archivo",
            "ya no se avisa a «Campo»",
            "se avisa a «Bodega»",
            "documento que se pide «Croquis»: se quitó",
        ]
        assert [each.kept for each in report.areas] == [
            [],
            ["correo electrónico: «otro@operadora.example» (el archivo dice «campo@operadora.example»)"],
        ]
    request_type.refresh_from_db()
    assert (request_type.name, request_type.in_portal) == ("Visita técnica", True)
    assert request_type.own_words == {"title": "Su visita técnica", "intro": "Lea todo."}
    assert {area.name for area in request_type.areas.all()} == {"Bodega"}
    assert request_type.fields.get(name="floor").is_active


def test_a_partial_load_does_not_offer_a_type_with_lines_without_signing_in(tmp_path: Path) -> None:
    cast.make_request_type()
    RequestType.objects.update(asks_lines=True)
    text = "request_types: [{code: cancellation, name: Baja, in_public_form: true}]"
    with pytest.raises(catalogue.CatalogueError, match="no se ofrece sin ingresar"):
        catalogue.load([write(tmp_path, text)])
    assert not RequestType.objects.filter(in_public_form=True).exists()


def test_a_replacing_load_writes_over_the_desk(tmp_path: Path) -> None:
    catalogue.load([write(tmp_path, LOADED)])
    request_type = change_at_the_desk()
    assert not catalogue.load([write(tmp_path, LATER)], replace=True).kept()
    request_type.refresh_from_db()
    assert (request_type.name, request_type.in_portal) == ("Visita", False)
    assert request_type.own_words == {"title": "Su visita", "intro": "Lea todo."}
    assert {area.name for area in request_type.areas.all()} == {"Campo"}
    asked = request_type.fields.filter(is_active=True).order_by("position")
    assert list(asked.values_list("name", "label")) == [("day", "Día"), ("hour", "Hora")]
    offered = request_type.reasons.filter(is_active=True).order_by("position")
    assert [reason.text for reason in offered] == ["Instalación", "Retiro"]
    assert request_type.required_documents.count() == 2


def test_a_type_made_at_the_desk_keeps_the_desks_values(tmp_path: Path) -> None:
    """No file loaded it before, so values that differ from the columns' defaults are the desk's."""
    RequestType.objects.create(code="visit", name="Visita técnica", notice_days=3)
    text = "request_types: [{code: visit, name: Visita, notice_days: 9, resolution_hours: 8}]"
    outcome = catalogue.load([write(tmp_path, text)]).types[0]
    assert outcome.changes == ["solución (horas laborables): vacío → 8"]
    assert outcome.kept == [
        "nombre: «Visita técnica» (el archivo dice «Visita»)",
        "días de anticipación: 3 (el archivo dice 9)",
    ]


def test_the_command_says_what_it_kept_and_how_to_replace_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(tmp_path, "request_types: [{code: visit, name: Visita}]"))
    call_command("request_types", "load", path)
    RequestType.objects.filter(code="visit").update(name="Visita técnica")
    capsys.readouterr()
    call_command("request_types", "load", path)
    assert capsys.readouterr().out.splitlines() == [
        "visit: se conserva lo cambiado en el escritorio: nombre: «Visita técnica» (el archivo dice «Visita»)",
        "Para que el archivo gane también sobre el escritorio, use --replace.",
        "Listo: sin cambios (1 iguales).",
    ]
    call_command("request_types", "load", path, "--replace")
    assert RequestType.objects.get(code="visit").name == "Visita"


def test_nothing_is_deleted_what_left_the_file_is_retired_or_reported(tmp_path: Path) -> None:
    one = """
      request_types:
        - code: visit
          name: Visita
          reasons: [Instalación, Retiro]
          fields:
            - {name: day, label: "¿Qué día?", kind: date, is_required: true}
            - {name: hour, label: "¿A qué hora?"}
          documents: [{name: Croquis}, {name: Permiso}]
          words: {title: Su visita}
    """
    two = """
      request_types:
        - code: visit
          name: Visita
          reasons: [Retiro]
          fields: [{name: hour, label: "¿A qué hora puede?"}]
          documents: [{name: Permiso}]
          words: {title: ""}
    """
    catalogue.load([write(tmp_path, one)])
    request_type = RequestType.objects.get(code="visit")
    other = Reason.objects.other_of(request_type)
    outcome = catalogue.load([write(tmp_path, two)]).types[0]
    assert "pregunta «¿Qué día?»: se retira" in outcome.changes
    assert "el documento «Croquis» no está en el archivo" in outcome.notes[0]
    assert list(request_type.fields.values_list("name", "is_active").order_by("name")) == [
        ("day", False),
        ("hour", True),
    ]
    assert request_type.required_documents.count() == 2
    assert Reason.objects.get(text="Instalación").is_active is False
    other.refresh_from_db()
    assert (other.text, other.is_active) == (OTHER_REASON, True)
    request_type.refresh_from_db()
    assert request_type.own_words == {}
    catalogue.load([write(tmp_path, one)])
    assert request_type.fields.filter(is_active=True).count() == 2  # asked again, and not doubled


def test_a_types_area_may_be_in_the_database_and_must_be_somewhere(tmp_path: Path) -> None:
    text = "request_types: [{code: visit, name: Visita, areas: [Campo]}]"
    with pytest.raises(catalogue.CatalogueError) as caught:
        catalogue.load([write(tmp_path, text)])
    assert "tipo «visit»: areas.«Campo»: no existe." in str(caught.value.problems[0])
    assert not RequestType.objects.filter(code="visit").exists()
    area = Area.objects.create(name="Campo", email="campo@operadora.example")
    catalogue.load([write(tmp_path, text)])
    assert list(RequestType.objects.get(code="visit").areas.all()) == [area]


def test_an_area_keeps_the_address_that_the_operator_gave_it() -> None:
    catalogue.load()
    Area.objects.filter(name="Cobranzas").update(email="cobranzas@operadora.example", is_active=True)
    report = catalogue.load()
    assert not report.changed()
    assert Area.objects.get(name="Cobranzas").is_active
    assert not next(each for each in report.areas if each.name == "Cobranzas").notes


def test_the_list_says_where_each_type_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    catalogue.load()
    call_command("request_types", "list")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CODES) + 1
    assert lines[0].split("  ")[0] == "cancellation"
    assert "portal, escritorio" in lines[0]
    assert lines[-1] == "Listo: 21 tipos."


def test_a_wrong_file_ends_in_failure_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "request_types: [{code: visit, name: Visita}, {code: two, name: Dos, kind: x}]")
    before = rows()
    with pytest.raises(CommandError, match=r"No se cargó nada: 1 por corregir\."):
        call_command("request_types", "load", str(path))
    assert "tipos.yaml: tipo «two»: kind: no es una clave" in capsys.readouterr().err
    assert rows() == before


def test_without_its_tables_nothing_is_loaded_and_the_command_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RequestType._meta, "db_table", "no_such_table")
    with pytest.raises(CommandError, match="le faltan migraciones: no se cargó nada"):
        call_command("request_types", "load")


@pytest.mark.django_db(transaction=True)
def test_the_portals_offer_changes_with_the_load(tmp_path: Path) -> None:
    cast.make_request_type()
    assert len(offer.current_offer().types) == 1  # cached from here on
    catalogue.load([write(tmp_path, "request_types: [{code: visit, name: Visita, in_portal: true}]")])
    assert [each.code for each in offer.current_offer().types] == ["visit", "cancellation"]
    text = "request_types: [{code: visit, name: Visita, fields: [{name: day, label: Día, kind: date}]}]"
    cached = offer._offer_cache._cached
    catalogue.load([write(tmp_path, text)])
    assert cached is not None
    assert offer._offer_cache._cached is None


@fifty_times
@pytest.mark.django_db(transaction=True)
def test_simultaneous_loads_duplicate_nothing(turn: object) -> None:
    RequestType.objects.all().delete()  # the rows whose locks make loads take turns
    reports = at_once(3, lambda _number: catalogue.load())
    assert RequestType.objects.count() == len(CODES)
    alone = rows()
    assert not catalogue.load().changed()
    assert rows() == alone
    assert sum(each.created for report in reports for each in report.types) == len(CODES)


@fifty_times
@pytest.mark.django_db(transaction=True)
def test_simultaneous_loads_of_different_words_keep_both(turn: object, tmp_path: Path) -> None:
    cast.make_request_type()
    RequestType.objects.update(own_words={})
    paths = [tmp_path / f"{key}.yaml" for key in ("title", "intro", "errand", "result")]
    for path in paths:
        text = f"request_types: [{{code: cancellation, name: Baja, words: {{{path.stem}: x}}}}]"
        path.write_text(text, encoding="utf-8")
    at_once(len(paths), lambda number: catalogue.load([paths[number]]))
    assert RequestType.objects.get().own_words == dict.fromkeys(("title", "intro", "errand", "result"), "x")
