"""The product's requests in plain Django: one view each, with the ORM, forms and templates."""

import hashlib
import secrets
import uuid
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone

from bench.fair.forms import EntryForm, RequestForm
from bench.fair.models import (
    Administrator,
    Attachment,
    AuditEvent,
    BillingAccount,
    Challenge,
    Company,
    LatestRequest,
    LimitUse,
    Message,
    ServiceLine,
    Ticket,
    TicketEvent,
)
from bench.fair.sample import UPLOAD_WORDS, sample


def start(request: HttpRequest) -> HttpResponse:
    """Sign in the one administrator."""
    administrator, company = sample()
    request.session["administrator"], request.session["company"] = administrator.pk, company.pk
    return HttpResponse("ok")


def pin(request: HttpRequest) -> HttpResponse:
    """Count the request, and insert the challenge and its audit."""
    form = EntryForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    phone = form.cleaned_data["phone"]
    session_ref = hashlib.sha256(secrets.token_bytes(16)).hexdigest()
    address = request.META["REMOTE_ADDR"]
    Administrator.objects.filter(phone=phone, is_active=True).first()
    with transaction.atomic():
        for key in (f"phone:{phone}", f"session:{session_ref}", f"address:{address}:{phone}"):
            use, _ = LimitUse.objects.get_or_create(key=key)
            LimitUse.objects.filter(pk=use.pk).update(count=F("count") + 1)
        Challenge.objects.filter(session_ref=session_ref).order_by("-pk").first()
        now = timezone.now()
        Challenge.objects.create(
            phone=phone,
            session_ref=session_ref,
            nonce=secrets.token_hex(16),
            expires_at=now + timedelta(minutes=10),
        )
        AuditEvent.objects.create(kind="asked", phone=phone, session_ref=session_ref, address=address)
    request.session["challenge"] = session_ref
    return redirect("/pin/")


def form(request: HttpRequest) -> HttpResponse:
    """Show the request form, or register a ticket."""
    administrator = get_object_or_404(Administrator, pk=request.session["administrator"], is_active=True)
    company = get_object_or_404(Company, administrators=administrator, pk=request.session["company"])
    if request.method == "POST":
        request_form = RequestForm(request.POST, request.FILES)
        if request_form.is_valid():
            ticket = register(administrator, company, request_form)
            messages.success(request, f"Recibimos su solicitud {ticket.pk}.")
            return redirect(f"/ticket/{ticket.pk}/", permanent=False)
    else:
        initial = {
            "submission_key": uuid.uuid4(),
            "requester_name": administrator.names,
            "email": administrator.email,
            "contact_phone": administrator.phone,
        }
        request_form = RequestForm(initial=initial)
    lines = ServiceLine.objects.filter(account__company=company).exclude(status="cancelled")
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    context = {
        "form": request_form,
        "company": company,
        "services": list(lines.order_by("number")[:5]),
        "services_total": lines.count(),
        "terms": terms_of(company, 15),
        "similar": Ticket.objects.filter(company=company, confirmed_at__gte=today).exclude(status="closed")[
            :3
        ],
        "words": UPLOAD_WORDS,
        "today": timezone.localdate(),
    }
    return render(request, "fair/form.html", context, status=422 if request_form.errors else 200)


def terms_of(company: Company, notice_days: int) -> list[tuple[BillingAccount, date]]:
    """Return each account's first billing cut after the days of notice."""
    earliest = timezone.localdate() + timedelta(days=notice_days)
    terms = []
    for account in BillingAccount.objects.filter(company=company).order_by("number"):
        day = earliest
        while day.day != account.cut_day:
            day += timedelta(days=1)
        terms.append((account, day))
    return terms


@transaction.atomic
def register(administrator: Administrator, company: Company, request_form: RequestForm) -> Ticket:
    """Insert ticket, documents, first event and mails."""
    existing = Ticket.objects.filter(submission_key=request_form.cleaned_data["submission_key"]).first()
    if existing:
        return existing
    uploads = request_form.cleaned_data["attachments"]
    digests = [hashlib.sha256(upload.read()).hexdigest() for upload in uploads]
    ticket: Ticket = request_form.save(commit=False)
    terms = terms_of(company, ticket.request_type.notice_days)
    ticket.request_type_name = ticket.request_type.name
    ticket.reason_text = ticket.reason.text
    ticket.company = company
    ticket.company_name, ticket.company_tax_id = company.legal_name, company.tax_id
    ticket.administrator = administrator
    ticket.verified_phone = administrator.phone
    ticket.effective_date = min(day for _, day in terms)
    ticket.effective_terms = [
        {"account": account.number, "cut_day": account.cut_day, "effective_date": day.isoformat()}
        for account, day in terms
    ]
    ticket.save()
    content = hashlib.sha256(f"{ticket.reason.pk}{ticket.details}{digests}".encode()).hexdigest()
    LatestRequest.objects.update_or_create(
        company=company, request_type=ticket.request_type, content=content, defaults={"ticket": ticket}
    )
    for upload, digest in zip(uploads, digests, strict=True):
        Attachment.objects.create(
            ticket=ticket, original_name=upload.name, size=upload.size, sha256=digest, file=upload
        )
    TicketEvent.objects.create(ticket=ticket, actor_name=administrator.names, to_status=ticket.status)
    enqueue_mails(ticket, company, terms)
    return ticket


def enqueue_mails(ticket: Ticket, company: Company, terms: list[tuple[BillingAccount, date]]) -> None:
    """Render and insert the mails to the customer, the advisor and the areas."""
    recipients = [("client", ticket.email), ("advisor", company.advisor_email)]
    recipients += [
        (f"area:{area.pk}", area.email) for area in ticket.request_type.areas.filter(is_active=True)
    ]
    attachments = list(Attachment.objects.filter(ticket=ticket))
    for name, address in recipients:
        context: dict[str, Any] = {
            "ticket": ticket,
            "terms": terms,
            "for_staff": name != "client",
            "attachments": attachments,
        }
        Message.objects.create(
            dedup_key=f"ticket:{ticket.pk}:{name}",
            subject_ref=f"ticket:{ticket.pk}",
            to=address,
            subject=render_to_string("fair/mail/ticket.subject.txt", context).strip(),
            text=render_to_string("fair/mail/ticket.txt", context),
            html=render_to_string("fair/mail/ticket.html", context),
        )
