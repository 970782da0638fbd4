"""Check that each template in `templates/` compiles, and uses only names that it always gets.

All pages and mails are rendered, with undefined names as errors, to record the context of each
template. Then the names that a template uses are read from its source, which includes branches that
no example renders.
"""

from collections.abc import Iterator
from unittest import mock

from django.conf import settings
from django.template import engines
from django.template.backends import jinja2 as backend
from django.template.loader import render_to_string
from jinja2 import Environment, TemplateError, meta, nodes

from fidelizacion import proxy_pages
from notifications import message_types
from tests.looks.pages import contexts, draw

OF_A_REQUEST = {"csrf_input", "csrf_token"}  # the names that Django's backend adds


def environment() -> Environment:
    found: Environment = engines["pages"].env  # type: ignore[attr-defined]
    return found


def recorded_names() -> dict[str, set[str]]:
    """Map each template that is rendered by name to the names that it is always given."""
    found: dict[str, set[str]] = {}
    render = backend.Template.render

    def record(template: backend.Template, context: dict[str, object], request: object = None) -> str:
        drawn: str = render(template, context, request)  # type: ignore[arg-type]  # which adds to the context
        name = template.template.name or ""
        found[name] = found.get(name, set(context)) & set(context)
        return drawn

    with mock.patch.object(backend.Template, "render", record):
        for case in contexts():
            draw(case)
        for each in message_types.message_types():
            each.preview()
        proxy_pages.files(settings.BRAND)
        render_to_string("portal/request/staged.html", {"staged": []})
        render_to_string("brand/logo.svg", {"colour": "", "ink": ""})
    return found


def problems() -> list[str]:
    env = environment()
    names = env.list_templates()
    try:
        for name in names:
            env.get_template(name)
        name = "drawn"
        rendered = recorded_names()
    except TemplateError as error:
        return [f"{name}: {error}"]
    found, reached = set[str](), set[str]()
    for name, known in rendered.items():
        found.update(_unknown(env, name, known, reached))
    found.update(
        f"{name}: no page and no mail uses it" for name in set(names) - reached - {"components/widgets.html"}
    )
    return sorted(found)


def _unknown(env: Environment, name: str, known: set[str], reached: set[str]) -> Iterator[str]:
    """Yield the names that a template, or one that it includes, uses without being given them."""
    reached.add(name)
    tree = env.parse(env.loader.get_source(env, name)[0], name)  # type: ignore[union-attr]
    known = known | _assigned(tree)
    for used in meta.find_undeclared_variables(tree) - known - set(env.globals) - OF_A_REQUEST:
        yield f"{name}: {used} is not given"
    for node in tree.find_all((nodes.Include, nodes.Extends, nodes.FromImport)):
        other = node.template.value  # type: ignore[attr-defined]  # a constant, or AttributeError
        if other.rpartition(".")[2] != name.rpartition(".")[2]:
            yield f"{name}: {other} escapes differently"  # the file's name decides about escaping
        yield from _unknown(env, other, set() if isinstance(node, nodes.FromImport) else known, reached)


def _assigned(tree: nodes.Template) -> set[str]:
    """Return the names that a template defines itself, wherever it does."""
    names = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    names |= {node.name for node in tree.find_all(nodes.Macro)}
    for node in tree.find_all(nodes.FromImport):
        names |= {each if isinstance(each, str) else each[1] for each in node.names}
    return names
