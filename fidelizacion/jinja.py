"""The Jinja2 environment of the portal's pages and of the mails (`templates/`).

The desk uses Django's templates (`desk/templates/`), because its theme does.
"""

import re
from collections.abc import Callable, Iterator, MutableMapping
from datetime import date, datetime
from functools import cached_property, lru_cache, partial
from itertools import accumulate, pairwise
from typing import Any

from django.conf import settings
from django.forms.renderers import TemplatesSetting
from django.template import defaultfilters, engines
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats, timezone, translation
from jinja2 import Environment, FileSystemLoader, TemplateNotFound, TemplateSyntaxError, select_autoescape
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from fidelizacion.templatetags import portal
from otp.entry_words import entry_text

DAY = "j\u00a0\\d\\e\u00a0F"  # no-break spaces keep a date on one line
YEAR = " \\d\\e\u00a0Y"
PLAIN_DAY = r"j \d\e F \d\e Y"  # for texts without markup

DEPTHS = {"lparen": 1, "lbracket": 1, "lbrace": 1, "rparen": -1, "rbracket": -1, "rbrace": -1}

# Values are escaped in all files except plain texts
is_markup = select_autoescape((), ("txt",), default=True, default_for_string=True)

# Defaults of the names that a page's context may omit; using any other missing name is an error
OPTIONAL: dict[str, Any] = {
    "brand": None,
    "form": None,
    "messages": (),
    "request": None,
    "link": None,  # the entry link that the visitor opened
    "destination": None,  # the page that the visitor asked for before the PIN
    "desk_url": "",
    "reference": "",
    "sent": False,
    "signed_in": False,
}


class FixedGlobalsEnvironment(Environment):
    """An environment whose globals do not change after a template is read.

    Each template looks up its names in the globals. A dict is several times faster than Jinja's
    ChainMap, which would also show later changes.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def environment(**options: Any) -> Environment:
    """Return the environment for Django's backend, which calls this once in a process."""
    made = FixedGlobalsEnvironment(
        autoescape=is_markup,
        loader=Templates(options["loader"].searchpath),
        extensions=["jinja2.ext.i18n", Sentences, Margins],
        undefined=options["undefined"],
        auto_reload=options["auto_reload"],
        cache_size=-1,  # all templates are kept
    )
    made.install_gettext_callables(translation.gettext, translation.ngettext, newstyle=True)  # type: ignore[attr-defined]  # of jinja2.ext.i18n
    made.globals.update(
        OPTIONAL, url=url, static=lru_cache(maxsize=64)(static), zone=portal.zone, entry_text=entry_text
    )
    made.filters.update(
        day=_dates(DAY + YEAR),
        day_and_month=_dates(DAY),
        day_and_time=_dates(f"{DAY}{YEAR}, H:i"),
        day_and_second=_dates(f"{DAY}{YEAR}, H:i:s"),
        plain_day=_dates(PLAIN_DAY),
        clock=_dates("H:i"),
        iso=_dates("c"),
        phone=portal.phone,
        moment=portal.moment,
        keep_together=portal.keep_together,
        attributes=portal.attributes,
        filesizeformat=defaultfilters.filesizeformat,
        linebreaksbr=defaultfilters.linebreaksbr,
        capfirst=defaultfilters.capfirst,
    )
    return made


def compile_pages() -> None:
    """Compile the pages before the web process forks its workers, which then share them.

    Otherwise each new worker would compile them again, and a worker ends after some thousand
    requests.
    """
    engine: Any = engines["pages"]
    for name in engine.env.list_templates():
        if not name.startswith("mail/"):
            engine.get_template(name)


class Templates(FileSystemLoader):
    """Loads templates from a folder that it lists only once. Otherwise it would search the disk for
    each template of the desk, because Django asks this engine first.
    """

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(self.list_templates())

    def get_source(self, environment: Environment, template: str) -> Any:
        if template not in self.names and not settings.DEBUG:
            raise TemplateNotFound(template)
        return super().get_source(environment, template)


class Margins(Extension):
    """Removes the indentation of an HTML template's lines, which is a third of a page's bytes."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002  the signature is Jinja's
        return re.sub(r"^[ \t]+", "", source, flags=re.MULTILINE) if is_markup(name) else source


class Sentences(Extension):
    """Translates `{{ _("…", name=value) }}` when a template is compiled, and not at each rendering.

    This works because the product has one language, LANGUAGE_CODE. The values are escaped like
    those of any `{{ }}`. The sentence is not escaped, so it may contain tags.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type == "variable_begin":
                inside = list(iter(partial(_before_end, stream), None))
                yield from self._translated(token, inside, next(stream))
            else:
                yield token

    def _translated(self, begin: Token, inside: list[Token], end: Token) -> Iterator[Token]:
        """Yield the sentence's text, and each value between the tokens of a `{{ }}`."""
        kinds = [token.type for token in inside[:3]]
        if kinds != ["name", "lparen", "string"] or inside[0].value != "_" or not _is_one_call(inside):
            yield from (begin, *inside, end)
            return
        values = dict(_named_values(inside[3:-1]))
        with translation.override(settings.LANGUAGE_CODE):
            text = translation.gettext(inside[2].value)
        for position, part in enumerate(re.split(r"%\((\w+)\)s", text)):
            if position % 2 == 0:
                yield Token(begin.lineno, "data", part.replace("%%", "%"))
            elif part in values:
                yield from (begin, *values[part], end)
            else:
                raise TemplateSyntaxError(f"{part} has no value in: {text}", begin.lineno)


def _before_end(stream: TokenStream) -> Token | None:
    return None if stream.current.type == "variable_end" else next(stream)


def _is_one_call(tokens: list[Token]) -> bool:
    """Whether the parenthesis that the second token opens is closed by the last one."""
    depth = list(accumulate(DEPTHS.get(token.type, 0) for token in tokens))
    return depth[-1] == 0 and all(depth[1:-1])


def _named_values(tokens: list[Token]) -> Iterator[tuple[str, list[Token]]]:
    """Yield name and expression of each argument in `, name=expression, …`."""
    starts, depth = [], 0
    for position, token in enumerate(tokens):
        depth += DEPTHS.get(token.type, 0)
        if token.type == "comma" and not depth:
            starts.append(position)
    for start, stop in pairwise([*starts, len(tokens)]):
        yield tokens[start + 1].value, tokens[start + 3 : stop]


def url(name: str, *args: object) -> str:
    """Return the URL of a route. The URL of a route without arguments is cached."""
    return reverse(name, args=args) if args else _address(name, settings.ROOT_URLCONF)


@lru_cache(maxsize=64)
def _address(name: str, urlconf: str) -> str:
    return reverse(name, urlconf)


def _dates(form: str) -> Callable[[date | None], str]:
    """Return a filter that formats a date, or a moment in the installation's time zone."""

    @lru_cache(maxsize=512)
    def known(value: date) -> str:
        return formats.date_format(value, form)

    def formatted(value: date | None) -> str:
        if value is None:
            return ""
        return (
            formats.date_format(timezone.localtime(value), form)
            if isinstance(value, datetime)
            else known(value)
        )

    return formatted


class FormRenderer(TemplatesSetting):
    """Renders the portal's widgets with macros, several times faster than with templates."""

    macros = {
        **dict.fromkeys(("text", "tel", "email", "date", "hidden", "file"), "input"),
        "radio": "radio",
        "select": "select",
        "textarea": "textarea",
    }

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        name = template_name.removeprefix("django/forms/widgets/").removesuffix(".html")
        macro = self._widgets.get(name)
        return super().render(template_name, context, request) if macro is None else macro(context["widget"])

    @cached_property
    def _widgets(self) -> dict[str, Callable[[Any], str]]:
        template: Any = get_template("components/widgets.html")
        module = template.template.module
        return {name: getattr(module, macro) for name, macro in self.macros.items()}
