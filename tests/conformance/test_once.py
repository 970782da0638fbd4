"""A part of a page that is cached for all visitors contains nothing of one visitor."""

import pytest
from django.template import Context, Engine
from django.template.base import Template

from fidelizacion.templatetags.portal import MOST_KEPT, OnceNode
from tests.conformance.project import BASE

FOLDER = BASE / "templates"
WITH_ONCE = sorted(
    str(path.relative_to(FOLDER))
    for path in FOLDER.rglob("*.html")
    if "{% once" in path.read_text(encoding="utf-8")
)


class Anything:
    """Any value that a template may be given."""

    def __init__(self, *, true: bool) -> None:
        self.true = true

    def __bool__(self) -> bool:
        return self.true

    def __getitem__(self, name: str) -> "Anything":
        return self

    def __str__(self) -> str:
        return "x"


class Outside(dict[str, Anything]):
    """A context in which every name has a value, and which records the names looked up."""

    def __init__(self, *, true: bool) -> None:
        self.value, self.asked = Anything(true=true), set[str]()

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Anything:
        self.asked.add(name)
        return self.value


def asked_for(template: Template, node: OnceNode, *, true: bool) -> set[str]:
    """Return the names of the context that a node's content looks up."""
    context, outside = Context(), Outside(true=true)
    context.dicts.append(outside)
    with context.render_context.push_state(template), context.bind_template(template):
        node.nodelist.render(context)
    return outside.asked


@pytest.mark.parametrize("name", WITH_ONCE)
def test_what_is_rendered_once_depends_on_what_the_tag_names(name: str) -> None:
    template = Engine.get_default().get_template(name)
    nodes = [node for node in template.nodelist.get_nodes_by_type(OnceNode) if isinstance(node, OnceNode)]
    assert nodes
    for node in nodes:
        named = {str(each.var).partition(".")[0] for each in node.named}
        assert asked_for(template, node, true=True) | asked_for(template, node, true=False) <= named, (
            node.token
        )


def test_it_is_rendered_anew_for_what_it_names_only() -> None:
    template = Template("{% load portal %}{% once a %}{{ a }}{{ b }}{% endonce %}")
    shown = [template.render(Context({"a": a, "b": b})) for a, b in [(1, 1), (1, 2), (2, 3), (1, 4)]]
    assert shown == ["11", "11", "23", "11"]


def test_it_keeps_a_few_only() -> None:
    template = Template("{% load portal %}{% once a %}{{ a }}{% endonce %}")
    assert [template.render(Context({"a": n})) for n in range(100)] == [str(n) for n in range(100)]
    (node,) = template.nodelist.get_nodes_by_type(OnceNode)
    assert isinstance(node, OnceNode)
    assert len(node._kept) <= MOST_KEPT
