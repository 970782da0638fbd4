"""Run a process of the product with the fault points: `python -m tests.faults.process gunicorn
fidelizacion.wsgi`.

The first argument is a module or the path of a script; the others are passed to it.
"""

import runpy
import sys

import django

if __name__ == "__main__":
    django.setup()
    from tests.faults import points  # it imports models, which need django.setup()

    points.install()
    sys.argv = sys.argv[1:]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
