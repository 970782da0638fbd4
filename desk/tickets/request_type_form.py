"""The desk's form of a request type, with a separate field for each of its texts (A7)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from tickets import words
from tickets.catalogue.problems import LINES_ARE_NOT_PUBLIC
from tickets.models import RequestField, RequestType
from tickets.words import MAX_LENGTH, WORDS, Word

PREFIX = "word_"
YES_NO = {"sí", "no"}
BEFORE = ("errand", "entry_", "help_")
ON_THE_FORM = ("title", "intro", "reason_", "details_", "lines_")
DATE = ("date_",)


def _keys(*prefixes: str) -> tuple[str, ...]:
    return tuple(key for key in WORDS if key.startswith(prefixes))


GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (gettext_lazy("Textos del formulario"), _keys(*ON_THE_FORM)),
    (gettext_lazy("Textos de la fecha efectiva"), _keys(*DATE)),
    (
        gettext_lazy("Textos de después de confirmar"),
        tuple(key for key in WORDS if not key.startswith((*BEFORE, *ON_THE_FORM, *DATE))),
    ),
    (gettext_lazy("Textos de la entrada y la ayuda, si es el único tipo del portal"), _keys(*BEFORE)),
)


def word_field(word: Word) -> forms.CharField:
    label: Any = word.label  # django-stubs expects another class of lazy text
    return forms.CharField(
        label=label,
        required=False,
        max_length=MAX_LENGTH,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_hint(word),
    )


def _hint(word: Word) -> str:
    """Return which values the text may contain, and the default text."""
    values = ", ".join(f"{{{name}}}" for name in sorted(word.values))
    may = _("Puede nombrar %(values)s.") % {"values": values} if values else ""
    default = str(word.default)
    return " ".join(filter(None, (may, _("De fábrica: «%s»") % default if default else "")))


class WordsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """Shows `own_words` as one field per text. An empty field means the default text."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for key in WORDS:
            if PREFIX + key in self.fields:
                text = self.instance.own_words.get(key, "")
                self.initial.setdefault(PREFIX + key, text)
                self.fields[PREFIX + key].widget.attrs["rows"] = max(
                    2, len(text) // 90 + text.count("\n") + 1
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for key in WORDS:
            text = cleaned.get(PREFIX + key)
            if text:
                cleaned[PREFIX + key] = text.replace("\r\n", "\n")
                for problem in words.problems({key: cleaned[PREFIX + key]}):
                    self.add_error(PREFIX + key, ValidationError(problem, code="words"))
        if cleaned.get("allows_prepaid") and not cleaned.get("asks_lines"):
            self.add_error("allows_prepaid", _("Una línea pasa a prepago solo si el tipo pide las líneas."))
        if cleaned.get("in_public_form") and cleaned.get("asks_lines"):
            self.add_error("in_public_form", LINES_ARE_NOT_PUBLIC)
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Store the texts that are not empty, and keep stored ones whose key this version lacks."""
        given = {key: self.cleaned_data[PREFIX + key] for key in WORDS if PREFIX + key in self.cleaned_data}
        kept = {key: text for key, text in self.instance.own_words.items() if key not in given}
        self.instance.own_words = {**kept, **{key: text for key, text in given.items() if text}}
        return super().save(commit)


RequestTypeForm = type(
    "RequestTypeForm", (WordsForm,), {PREFIX + key: word_field(word) for key, word in WORDS.items()}
)


def shown_words(request_type: RequestType) -> SafeString:
    """Return the texts for a user who may not change them."""
    rows = (
        (word.label, request_type.words.text(key, **{name: f"{{{name}}}" for name in word.values}))
        for key, word in WORDS.items()
    )
    terms = format_html_join("", '<div><dt>{}</dt><dd class="desk-text">{}</dd></div>', rows)
    return format_html('<div class="desk-card"><dl>{}</dl></div>', terms)


class QuestionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """A question of the type. Its code is fixed, because answers and conditions name it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and "name" in self.fields:
            self.fields["name"].disabled = True
        for name in {"choices", "shown_values"} & self.fields.keys():
            self.fields[name].widget.attrs["rows"] = 3


class QuestionFormSet(forms.models.BaseInlineFormSet):  # type: ignore[type-arg]  # generic for mypy only
    """Refuses a condition on a question or an answer that does not exist."""

    def clean(self) -> None:
        super().clean()
        filled = [form for form in self.forms if getattr(form, "cleaned_data", None)]
        questions: dict[str, RequestField] = {form.instance.name: form.instance for form in filled}
        for form in filled:
            question = form.instance
            if problem := _problem_of_condition(question, questions.get(question.shown_if)):
                form.add_error(*problem)


def _problem_of_condition(question: RequestField, other: RequestField | None) -> tuple[str, str] | None:
    """Return the field with a problem and its error text, or None if the condition is valid."""
    Kind = RequestField.Kind  # noqa: N806  a class
    if not question.shown_if:
        return (
            ("shown_if", _("Escriba de qué pregunta son esas respuestas.")) if question.shown_values else None
        )
    if other is None or other is question or other.kind not in {Kind.CHOICE, Kind.YES_NO}:
        return "shown_if", _("Escriba el código de otra pregunta, de lista o de sí o no.")
    if question.is_active and not other.is_active:
        return "shown_if", _("Esa pregunta está retirada: retire también esta, o quite la condición.")
    answers = {each.strip().casefold() for each in question.shown_values.splitlines() if each.strip()}
    options = {each.strip().casefold() for each in other.choices.splitlines()} or YES_NO
    if not answers or not answers <= options:
        return "shown_values", _("Escriba respuestas de esa pregunta, una por renglón.")
    return None
