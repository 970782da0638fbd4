"""The request: its types, its registration, effective date, workflow, and the messages about it.

May import attachments, otp and the packages below them; it holds no pages.
"""
