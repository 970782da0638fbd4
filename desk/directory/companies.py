"""The directory at the desk: companies, billing accounts, service lines and administrators."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from companies import phones
from companies.models import Administration, Administrator, BillingAccount, Company, ServiceLine
from companies.search_terms import contains_words, digits_of, phone_of, tax_id_starts
from desk.autocomplete import AutocompleteMixin
from desk.directory.inlines import LabelledInline
from desk.directory.invitations import SendLinksAction
from desk.directory.rights_changes import ConfirmedContact, ConfirmedRights
from desk.lists import LargeListAdmin


class BillingAccountInline(LabelledInline):
    model = BillingAccount
    extra = 0
    can_delete = False  # deleting an account would delete its lines too, without asking for confirmation


class AdministrationInline(LabelledInline):
    """Rows can be added and removed but not edited, because adding and removing are what a second
    person confirms and the notices describe.
    """

    model = Administration
    extra = 0
    autocomplete_fields = ["administrator", "company"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Company)
class CompanyAdmin(ConfirmedRights, LargeListAdmin):
    subject = "company"
    list_display = ["legal_name", "tax_id", "check_digit", "status", "city", "advisor"]
    list_select_related = ["advisor"]
    list_filter = ["status", "tax_id_doubtful"]
    search_fields = ["legal_name"]
    search_help_text = _("Razón social, RUC o cédula")
    fields = [
        "legal_name",
        "tax_id",
        "check_digit_in_words",
        "status",
        "status_reason",
        "city",
        "advisor",
        "queue_email",
    ]
    readonly_fields = ["check_digit_in_words", "shown_advisor"]
    inlines = [BillingAccountInline, AdministrationInline]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Show the advisor as text where the page is read-only.

        Django would link to the user's page, which only superusers may see.
        """
        fields = list(super().get_fields(request, obj))
        if self.has_change_permission(request, obj):
            return fields
        return ["shown_advisor" if field == "advisor" else field for field in fields]

    @display(description=_("asesor postventa"))
    def shown_advisor(self, company: Company) -> str | None:
        return str(company.advisor) if company.advisor else None

    @display(description=_("dígito verificador"), label={"doubtful": "warning", "right": "success"})
    def check_digit(self, company: Company) -> tuple[str, Any]:
        """Show whether the check digit is right (A19).

        The tax office did issue some numbers with a wrong one, so the advisor decides.
        """
        return ("doubtful", _("Dudoso")) if company.tax_id_doubtful else ("right", _("Correcto"))

    @display(description=_("dígito verificador"))
    def check_digit_in_words(self, company: Company) -> Any:
        """Return the same as plain text, because the company's page has no coloured labels."""
        return self.check_digit(company)[1] if company.pk else None

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> "forms.ModelChoiceField[Any] | None":
        # A plain list: staff are few, and an autocomplete field needs the permission to view users
        if db_field.name == "advisor":
            kwargs["queryset"] = User.objects.filter(is_staff=True, is_active=True).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        condition = tax_id_starts("tax_id", search_term) or contains_words("legal_name", search_term)
        return queryset.filter(condition), False

    def save_model(self, request: HttpRequest, obj: Company, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.tax_id_doubtful:
            text = _("El dígito verificador de %s no cuadra: revíselo. Se guardó con la marca «Dudoso».")
            messages.warning(request, text % obj.tax_id)


@admin.register(BillingAccount)
class BillingAccountAdmin(AutocompleteMixin, LargeListAdmin):
    list_display = ["number", "company", "cut_day"]
    list_select_related = ["company"]
    search_fields = ["number"]
    search_help_text = _("Número de cuenta, RUC o razón social")
    autocomplete_fields = ["company"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:  # both queries of the union would return the whole table
            return queryset, False
        company = tax_id_starts("tax_id", term) or contains_words("legal_name", term)
        # A union of keys: one OR over both tables would use no index
        by_number = BillingAccount.objects.filter(number__istartswith=term).order_by().values("pk")
        of_company = BillingAccount.objects.filter(company__in=Company.objects.filter(company).order_by())
        return queryset.filter(pk__in=by_number.union(of_company.order_by().values("pk"))), False


@admin.register(ServiceLine)
class ServiceLineAdmin(AutocompleteMixin, LargeListAdmin):
    list_display = ["number", "kind", "status", "account", "company"]
    list_select_related = ["account__company"]
    list_filter = ["kind", "status"]
    search_fields = ["number"]
    search_help_text = _("Número de servicio, completo o su comienzo")
    autocomplete_fields = ["account"]  # a company can have thousands of lines and many accounts

    @display(description=_("empresa"))
    def company(self, line: ServiceLine) -> str:
        return line.account.company.legal_name

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for the term as typed, without separators, and as a phone number (A18).

        Service numbers are free text, so a phone may be stored in either spelling.
        """
        term = search_term.strip()
        phone = phone_of(term)
        spellings = {term, digits_of(term), phone, phones.display(phone).replace(" ", "")} - {""}
        exact = queryset.filter(number__in=spellings)
        return (exact if exact.exists() else queryset.filter(number__istartswith=term)), False


class AdministratorForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """Parse the phone with `companies.phones` (R1.16, A18).

    The field of django-phonenumber-field would ignore letters and extensions.
    """

    phone = forms.CharField(
        label=_("Número móvil"),
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("En cualquier forma: 099 123 4567, +593 99 123 4567."),
    )

    def clean_phone(self) -> str:
        try:
            return phones.normalise_mobile(self.cleaned_data["phone"])
        except phones.InvalidPhone as error:
            raise ValidationError(str(error)) from error


@admin.register(Administrator)
class AdministratorAdmin(SendLinksAction, ConfirmedContact, LargeListAdmin):
    form = AdministratorForm
    list_display = ["names", "shown_phone", "email", "is_active"]
    list_filter = ["is_active"]
    actions = ["send_links"]
    search_fields = ["names"]
    search_help_text = _("Nombres, teléfono o correo")
    inlines = [AdministrationInline]

    @display(description=_("número móvil"), ordering="phone")
    def shown_phone(self, administrator: Administrator) -> str:
        return phones.display(administrator.phone)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if phone := phone_of(search_term):
            return queryset.filter(phone=phone), False
        field = "email" if "@" in search_term else "names"
        return queryset.filter(contains_words(field, search_term)), False
