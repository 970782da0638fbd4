"""The desk as an app: Django's admin looks for `desk.admin` here."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "desk"
