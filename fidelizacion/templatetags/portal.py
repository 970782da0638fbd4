"""Template filters and tags of the portal."""

import re
from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from companies.phones import display
from notifications import local_time

register = template.Library()

UNBREAKABLE = re.compile(
    r"\b\d{1,2} de [a-z]+ de \d{4}\b|\b0\d{1,2} \d{3} \d{4}\b|\b\d[\d.,]* (?:[kKM]B|bytes?)\b|n\.º \d+"
)
NO_BREAK = "\u00a0"
MOST_KEPT = 16  # one is what a process needs, where settings do not change while it runs


@register.filter
def phone(number: object) -> str:
    """Format a stored number as people write it: 099 123 4567, with no-break spaces."""
    return display(str(number)).replace(" ", NO_BREAK) if number else ""


@register.filter
def keep_together(text: str) -> str:
    """Prevent line breaks within a date, a phone, a size or a ticket's number."""
    return UNBREAKABLE.sub(lambda found: found[0].replace(" ", NO_BREAK), text)


@register.filter
def moment(at: datetime) -> str:
    """Format a time with its zone: 30 de noviembre de 2026, 15:01 and the zone in brackets."""
    return local_time.sentence(at)


@register.simple_tag
def zone() -> str:
    """Return the name of the time zone that the page shows times in."""
    return local_time.zone()


@register.filter
def attributes(attrs: Mapping[str, Any]) -> SafeString:
    """Render a widget's attributes as Django's own template does, several times faster."""
    rendered = ""
    for name, value in attrs.items():
        if value is True:
            rendered += f" {conditional_escape(name)}"
        elif value is not False:
            rendered += f' {conditional_escape(name)}="{conditional_escape(value)}"'
    return mark_safe(rendered)  # noqa: S308  each part is escaped


@register.tag
def once(parser: Parser, token: Token) -> "OnceNode":
    """`{% once a b %}…{% endonce %}`: rendered once in each process, and again where `a` or `b` are
    others.

    For what is the same on everybody's page, whoever asks: only words, addresses and settings may
    stand in it, and what of the context does must be named in the tag
    (tests/conformance/test_once.py).
    """
    named = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    inside = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(inside, named)


class OnceNode(template.Node):
    """Keeps what it rendered with the template, which each process reads once."""

    def __init__(self, nodelist: NodeList, named: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.named = named
        self._kept: dict[Hashable, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = tuple(each.resolve(context) for each in self.named)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            kept = self._kept[key] = self.nodelist.render(context)
        return kept
