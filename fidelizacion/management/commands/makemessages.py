"""Django's `makemessages`, which also reads the Jinja2 templates of `templates/`."""

import json
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.management.commands import makemessages
from jinja2 import Environment
from jinja2.ext import extract_from_ast

TEMPLATES = settings.BASE_DIR / "templates"


# A JSON string is a Python literal too; `repr` would escape a no-break space so that xgettext fails
quoted = partial(json.dumps, ensure_ascii=False)


def sentences(source: str) -> str:
    """Return a template's sentences as Python source for xgettext, on their original lines."""
    lines = [""] * (source.count("\n") + 1)
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    for line, function, texts in extract_from_ast(tree, babel_style=False):
        lines[line - 1] += f"{function}({', '.join(map(quoted, texts or ()))}); "
    return "\n".join(lines)


class TemplateFile(makemessages.BuildFile):
    """A source file of `makemessages`; a Jinja2 template is first converted to Python."""

    def preprocess(self) -> None:
        if not self.is_templatized or not Path(self.path).resolve().is_relative_to(TEMPLATES):
            super().preprocess()
            return
        Path(self.work_path).write_text(sentences(Path(self.path).read_text("utf-8")), "utf-8")


class Command(makemessages.Command):
    build_file_class = TemplateFile
