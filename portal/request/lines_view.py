"""`solicitud/lineas/`: search and pick among the company's lines, page by page (A6, A10).

The form's input is kept as a draft. Each button saves the choices of its page first, so that
nothing is lost on the way to another page, to a search or back to the form.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from companies.models import Company, ServiceLine
from portal.access import Caller, administrator_required
from portal.request import current_type, drafts
from portal.request.drafts import Draft
from portal.request.line_step import LineReview, LineStep, ShownLine, offered_lines
from tickets.line_choices import Choices, TooManyChosen
from tickets.models import RequestType
from tickets.offer import current_offer

LINES_PER_PAGE = 100
MAX_QUERY = 60  # characters of a search
CHOSEN = "elegidas"  # the view of the chosen lines only


@dataclass(frozen=True)
class Place:
    """The part of the lines that is shown: a search, a page of it, or only the chosen lines."""

    query: str = ""
    page: int = 1
    view: str = ""

    @classmethod
    def named(cls, data: "dict[str, str]") -> "Place":
        """Read `q`, `page` and `ver`; invalid values give the first page of all lines."""
        page = data.get("page", "")
        return cls(
            " ".join("".join(filter(str.isprintable, data.get("q", ""))).split())[:MAX_QUERY],
            int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
            CHOSEN if data.get("ver") == CHOSEN else "",
        )

    @property
    def address(self) -> str:
        parts = {"q": self.query, "ver": self.view, "page": str(self.page) if self.page > 1 else ""}
        query = urlencode({name: value for name, value in parts.items() if value})
        return reverse("tickets:lines") + (f"?{query}" if query else "")


def _keep_form(request: HttpRequest, phone: str) -> None:
    """Save the post of an expired verification: the request form, or a page's choices of lines."""
    if "submission_key" in request.POST:
        drafts.keep(request, phone)
    elif request.method == "POST":
        drafts.keep_chosen(request, phone)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required(on_expired=_keep_form)
def lines(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Show a page of lines, or save its choices. The request form posts here to open it."""
    if request.method == "POST" and "submission_key" in request.POST:
        drafts.keep(request, caller.visitor.phone, cancelled=True, is_announced=False)
        return HttpResponseRedirect(Place.named(request.POST.dict()).address, status=303)
    draft = drafts.restore(request, caller)
    request_type = current_type.chosen(request, current_offer(), draft.request_type) if draft else None
    if draft is None or request_type is None or not request_type.asks_lines:
        if request.method == "POST":
            messages.warning(request, _("No se guardaron esas líneas: su formulario ya no está abierto."))
        return redirect("tickets:request")
    step = LineStep(draft.key.uuid, draft.of_company.company, caller.visitor.phone, request_type)
    if request.method == "POST":
        drafts.renew(request, caller)
        if request.POST.get("form", step.key.hex) != step.key.hex:
            other = _("No se guardaron las líneas de la otra pestaña: eran de otro formulario.")
            messages.warning(request, other)
            return HttpResponseRedirect(reverse("tickets:lines"), status=303)
        return _choose(request, step)
    return _show(request, draft, step, request_type)


def _choose(request: HttpRequest, step: LineStep) -> HttpResponse:
    """Save the choices of the page, then go where its button says."""
    asked = request.POST.get("ir", "")
    place = Place.named(request.POST.dict())
    try:
        choices = Choices.posted(request.POST)
        if asked == "todas":
            found = lines_of(step.company, place.query).values_list("number", flat=True)
            choices = Choices({**dict.fromkeys(found), **choices.chosen}, choices.offered)
        step.choose(choices)
    except TooManyChosen as too_many:
        messages.warning(request, str(too_many))
        return HttpResponseRedirect(place.address, status=303)
    if asked == "listo":
        return HttpResponseRedirect(reverse("tickets:request"), status=303)
    if asked == "buscar":
        place = Place(place.query)
    elif asked == CHOSEN:
        place = Place(view=CHOSEN)
    elif asked.isdecimal():
        place = Place.named({**request.POST.dict(), "page": asked})
    return HttpResponseRedirect(place.address, status=303)


def _show(request: HttpRequest, draft: Draft, step: LineStep, request_type: RequestType) -> HttpResponse:
    place = Place.named(request.GET.dict())
    of_company = draft.of_company
    review = LineReview(step.current())
    dates = request_type.dates_at(timezone.now(), of_company.accounts, current_offer().calendar)
    page: Page[ShownLine] = (
        Paginator(review.chosen, LINES_PER_PAGE).get_page(place.page)
        if place.view
        else _page_of_all(of_company.company, place, review)
    )
    context = {
        "form_key": step.key.hex,
        "place": place,
        "page": page,
        "lines": review,
        "company": of_company.company,
        "request_type": request_type,
        "dates": dates.by_account(),
    }
    return render(request, "portal/request/lines_page.html", context)


def _page_of_all(company: Company, place: Place, review: LineReview) -> "Page[ShownLine]":
    numbers = lines_of(company, place.query).order_by("number").values_list("number", flat=True).distinct()
    found = Paginator(numbers, LINES_PER_PAGE).get_page(place.page)
    # All accounts of each number, also those that the search does not find
    rows = lines_of(company).filter(number__in=list(found.object_list))
    chosen = {line.number: line for line in review.chosen}
    shown = offered_lines(rows.values_list("number", "account__number"), chosen)
    return Page(shown, found.number, found.paginator)  # type: ignore[arg-type]  # rows of the page, count of all


def lines_of(company: Company, query: str = "") -> QuerySet[ServiceLine]:
    """Return the company's lines in service whose number or account contains the query.

    Phone numbers are found by their digits, however they are typed.
    """
    found = ServiceLine.objects.in_service().filter(account__company=company)
    if query:
        digits = "".join(character for character in query if character.isdecimal())
        part = Q(number__icontains=query) | Q(account__number__icontains=query)
        if digits and not any(character.isalpha() for character in query):
            part |= Q(number__contains=f"0{digits[3:]}" if query.lstrip().startswith("+593") else digits)
        found = found.filter(part)
    return found.order_by("number", "account__number")
