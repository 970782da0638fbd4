"""Register the desk as an app, so that the Django admin imports `desk.admin`."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "desk"
