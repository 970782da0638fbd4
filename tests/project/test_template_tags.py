"""The portal's template filters render the same as Django's templates."""

from pathlib import Path

import django.forms
import pytest
from bs4 import BeautifulSoup
from django.template import Context, Engine
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from fidelizacion.templatetags.portal import attributes

DJANGOS = Path(django.forms.__file__).parent / "templates/django/forms/widgets/attrs.html"


@pytest.mark.parametrize(
    "attrs",
    [
        {},
        {"id": "id_reason", "maxlength": 150, "step": 0.5, "rows": 0},
        {"required": True, "disabled": False, "title": None, "class": ""},
        {
            "placeholder": "\"><script>alert('1')</script>&",
            "data-x": mark_safe("&amp;"),
            "pattern": r"[ \-]*",
        },
        {"aria-label": gettext_lazy("Número móvil del administrador")},
    ],
)
def test_attributes_are_those_of_django(attrs: dict[str, object]) -> None:
    theirs = (
        Engine()
        .from_string(DJANGOS.read_text(encoding="utf-8"))
        .render(Context({"widget": {"attrs": attrs}}))
    )
    assert BeautifulSoup(f"<p {attributes(attrs)}>", "html.parser") == BeautifulSoup(
        f"<p {theirs}>", "html.parser"
    )
