"""The app that holds the periodic task of the worker."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
