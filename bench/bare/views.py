"""The minimum work of each of the product's requests."""

import os
import secrets
import uuid
from pathlib import Path

from django.core.files.base import File
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from bench.bare.models import CodeRequest, Company, Event, Mail, Ticket

FOLDER = Path(os.environ["FLOOR_FOLDER"])
TEXT, HTML = "línea de texto\n" * 100, "<p>línea de texto</p>\n" * 690  # as long as the product's mails
REASONS = ["Precio", "No usa el servicio", "Mala atención", "Cobertura", "Cierre de la empresa", "Otro"]


def start(request: HttpRequest) -> HttpResponse:
    """Start a session for the one company, which is created at the first call."""
    company, _ = Company.objects.get_or_create(name="Acme", tax_id="1790000000001", address="Quito")
    request.session["company"] = company.pk
    return HttpResponse("ok")


def pin(request: HttpRequest) -> HttpResponse:
    """Insert one row and write the session."""
    code_request = CodeRequest.objects.create(phone=request.POST["phone"], nonce=secrets.token_hex(16))
    request.session["code_request"] = code_request.pk
    return HttpResponseRedirect("/pin/")


def form(request: HttpRequest) -> HttpResponse:
    """Read the session and the company, and render one template with the same fields."""
    if request.method == "POST":
        return ticket(request)
    company = Company.objects.get(pk=request.session["company"])
    return render(request, "bare/form.html", {"company": company, "reasons": REASONS, "key": uuid.uuid4()})


def ticket(request: HttpRequest) -> HttpResponse:
    """Flush the file to disk, then insert the rows of a ticket in one transaction."""
    company = Company.objects.get(pk=request.session["company"])
    upload = request.FILES.get("attachments")
    name = _store(upload) if upload else ""
    with transaction.atomic():
        created = Ticket.objects.create(
            company=company,
            request_type=request.POST["request_type"],
            reason=request.POST["reason"],
            requester_name=request.POST["requester_name"],
            email=request.POST["email"],
            contact_phone=request.POST["contact_phone"],
            details=request.POST["details"],
            file=name,
            key=request.POST["submission_key"],
        )
        Event.objects.create(ticket=created, note="creado")
        for recipient in ("client", "advisor"):
            Mail.objects.create(
                ticket=created,
                dedup_key=f"{created.pk}:{recipient}",
                to=created.email,
                subject="Ticket",
                text=TEXT,
                html=HTML,
            )
    return HttpResponseRedirect(f"/ticket/{created.pk}/")


def _store(upload: "File[bytes]") -> str:
    name = secrets.token_hex(16)
    with (FOLDER / name).open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return name
