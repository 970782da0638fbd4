"""The form of `tipo/`: which of several request types the visitor wants (A7)."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from tickets.models import RequestType
from tickets.offer import Offer


class TypeForm(forms.Form):
    """The choice among several request types."""

    request_type = forms.ChoiceField(
        label=_("Tipo de requerimiento"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Elija qué necesita."),
            "invalid_choice": _("Elija una de estas opciones."),
        },
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, offer: Offer, chosen: RequestType | None = None
    ) -> None:
        super().__init__(data, initial={"request_type": chosen.code} if chosen else None)
        self._offer = offer
        choices = [(request_type.code, request_type.name) for request_type in offer.types]
        cast("forms.ChoiceField", self.fields["request_type"]).choices = choices

    def families(self) -> list[tuple[str, list[RequestType]]]:
        """Return the types by family, in the order of the families."""
        by_family: dict[str, list[RequestType]] = {family: [] for family in RequestType.Family.values}
        for request_type in self._offer.types:
            by_family[request_type.family].append(request_type)
        labels = dict(RequestType.Family.choices)
        return [(str(labels[family]), types) for family, types in by_family.items() if types]
