"""Metrics of codes, documents, messages, database and broker; `operations.apps` registers them.

May import operations and the packages below it.
"""
