"""The environment of the portal's pages and of the mails (`fidelizacion/jinja.py`)."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import TemplateDoesNotExist, engines
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext_lazy
from jinja2 import FileSystemLoader, UndefinedError, nodes
from jinja2.environment import Environment

from fidelizacion import settings as product
from fidelizacion.jinja import FormRenderer, compile_pages, environment, url
from fidelizacion.management.commands.makemessages import TEMPLATES, sentences
from notifications.email import rendering
from tests.looks.templates import problems

ENVIRONMENT: Environment = engines["pages"].env  # type: ignore[attr-defined]
FILES = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"})
HOSTILE = "<script>alert('1')</script>&\""
# Words in templates that need no translation
PROPER_NAMES = {"Gestor", "de", "Fidelización"}


def shown(source: str, name: str = "", **context: Any) -> str:
    """Render a template of this test, as one of that name would be."""
    code = ENVIRONMENT.compile(source, name or None)
    return ENVIRONMENT.template_class.from_code(ENVIRONMENT, code, {**ENVIRONMENT.globals}).render(context)


@pytest.mark.thorough
def test_every_template_compiles_and_uses_only_names_of_its_context() -> None:
    assert problems() == []


def test_a_name_missing_from_the_context_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'nombre' is undefined"):
        shown("{{ nombre }}")
    with pytest.raises(UndefinedError):
        shown("{% if ticket.nombre %}x{% endif %}", ticket=object())


def test_in_production_a_page_shows_nothing_for_a_missing_name_and_a_mail_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    undefined = {engine["NAME"]: engine["OPTIONS"]["undefined"] for engine in product.TEMPLATES[:2]}
    loader = FileSystemLoader(TEMPLATES)
    page, mail = (
        environment(loader=loader, auto_reload=False, undefined=undefined[name]).from_string(
            "<p>{{ nombre }}{% if ticket.nada %}x{% endif %}</p>"
        )
        for name in ("pages", "mails")
    )
    assert page.render(ticket=object()) == "<p></p>"
    assert "'nombre' is undefined" in caplog.text
    with pytest.raises(UndefinedError):
        mail.render(ticket=object())
    assert rendering.ENGINE == "mails"


def test_what_is_shown_is_escaped_in_pages_and_not_in_texts() -> None:
    """R5.12."""
    escaped = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&#34;"
    for source in (
        "{{ x }}",
        '{{ _("%(x)s", x=x) }}',
        '{{ ngettext("%(x)s", "%(x)s", 2, x=x) }}',
        '{% set y = _("%(x)s", x=x) %}{{ y }}',
    ):
        assert shown(source, "a.html", x=HOSTILE) == escaped
        assert shown(source, "a.txt", x=HOSTILE) == HOSTILE
    assert shown("{{ x|keep_together }}", "a.html", x=HOSTILE) == escaped
    assert (
        shown("{{ x|linebreaksbr }}", "a.html", x=f"{HOSTILE}\n")
        == f"{escaped.replace('&#39;', '&#x27;').replace('&#34;', '&quot;')}<br>"
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            '{{ _("Un <b>%(x)s</b> de %(y)s", y=ticket.number|string|upper, x=(1, 2)[1]) }}',
            "Un <b>2</b> de 7",
        ),
        ('{{ _("100 %%") }}', "100 %"),
        ('{{ _("uno") ~ _("dos") }}', "unodos"),
        ('{{ _("uno")|upper }}', "UNO"),
        ('{{ ngettext("%(n)s día", "%(n)s días", 2, n=2) }}', "2 días"),
    ],
)
def test_a_sentence_with_values(source: str, text: str) -> None:
    assert shown(source, "a.html", ticket={"number": 7}) == text


def test_a_sentence_without_one_of_its_values_does_not_compile() -> None:
    with pytest.raises(Exception, match="nombre has no value"):
        shown('{{ _("Hola, %(nombre)s", name=1) }}')


def test_a_sentence_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "gettext", {"Quedan %(n)s": "%(n)s are left"}.__getitem__)
    assert shown('{{ _("Quedan %(n)s", n=3) }}') == "3 are left"


def test_the_indentation_of_a_page_is_dropped_and_that_of_a_text_kept() -> None:
    assert shown("<p>\n  {{ x }}\n</p>", "a.html", x="  a\n  b") == "<p>\n  a\n  b\n</p>"
    assert shown("  - {{ x }}", "a.txt", x="a") == "  - a"


def test_dates_are_written_in_words_and_in_the_zone_of_the_installation() -> None:
    at = datetime(2026, 12, 1, 2, 5, tzinfo=UTC)
    dates = "{{ day|day }}, {{ day|day_and_month }}, {{ day|plain_day }}"
    times = "{{ at|day_and_time }}, {{ at|clock }}, {{ none|day }}"
    text = shown(f"{dates}, {times}", "a.txt", day=date(2026, 12, 3), at=at, none=None)
    plain = text.replace("\N{NO-BREAK SPACE}", " ")
    day = "3 de diciembre de 2026"
    assert plain == f"{day}, 3 de diciembre, {day}, 30 de noviembre de 2026, 21:05, 21:05, "


def test_an_address_without_arguments_is_looked_up_once_for_each_urlconf(settings: Any) -> None:
    assert url("otp:entry") == "/fidelizacion/"
    assert url("tickets:ticket", 7) == "/fidelizacion/ticket/7/"
    settings.ROOT_URLCONF = "tests.looks.demo_urls"
    assert url("demo:messages") == "/demo/mensajes/"


def test_the_pages_are_compiled_before_workers_fork() -> None:
    compile_pages()
    engine: Any = engines["pages"]  # a test that changed DEBUG has replaced the one imported above
    kept = {template.name for template in engine.env.cache.values()}
    assert {str(path.relative_to(TEMPLATES)) for path in FILES if path.parent.name != "mail"} <= kept


def test_the_desks_templates_are_not_searched_in_this_folder() -> None:
    with pytest.raises(TemplateDoesNotExist):
        engines["pages"].get_template("desk/ticket.html")
    assert get_template("desk/ticket.html").backend is engines["django"]  # type: ignore[attr-defined]


class Everything(forms.Form):
    text = forms.CharField(widget=forms.TextInput(attrs={"data-x": HOSTILE}), max_length=9, initial=HOSTILE)
    tel = forms.CharField(widget=forms.TelInput, required=False)
    email = forms.EmailField(label=gettext_lazy("Correo"))
    hidden = forms.CharField(widget=forms.HiddenInput)
    file = forms.FileField()
    long = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), initial=f"\n{HOSTILE}")
    empty = forms.CharField(widget=forms.Textarea)
    choice = forms.ChoiceField(
        choices=[("", "—"), (1, HOSTILE), ("Grupo", [("2", "dos"), ("3", "tres")])], initial="3"
    )


@pytest.mark.parametrize("name", Everything().fields)
def test_a_widget_is_rendered_as_django_renders_it(name: str) -> None:
    ours = str(Everything(renderer=FormRenderer())[name])
    theirs = str(Everything(renderer=DjangoTemplates())[name])
    assert BeautifulSoup(ours, "html.parser").find_all(True)
    same = [
        re.sub(r">\s+<", "><", BeautifulSoup(html, "html.parser").decode(formatter="minimal"))
        for html in (ours, theirs)
    ]
    assert same[0] == same[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_sentence_of_a_template_is_found_for_translation(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    made = sentences(source)
    compile(made, path.name, "exec")
    assert made.count("gettext(") + made.count("_(") == len(re.findall(r"\b(?:_|ngettext)\(", source))
    for line, text in re.findall(r'^(.*?)\b_\("([^"\\]+)"', source, re.MULTILINE):
        assert f'"{text}"' in made, line


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_has_no_text_that_cannot_be_translated(path: Path) -> None:
    tree = Environment().parse(path.read_text(encoding="utf-8"))
    page = "".join(node.data for node in tree.find_all(nodes.TemplateData))
    soup = BeautifulSoup(re.sub(r'[\w-]+="[^"]*"', "", page), "html.parser")
    for tag in soup.find_all("style"):
        tag.decompose()
    assert set(re.findall(r"[^\W\d_]{2,}", soup.get_text())) - PROPER_NAMES == set()
