"""Filters of the portal's templates."""

from django import template

from companies.phones import display

register = template.Library()


@register.filter
def phone(number: object) -> str:
    """A stored number as people write it here: 099 123 4567."""
    return display(str(number)) if number else ""
