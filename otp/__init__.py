"""Verifies who uses the portal: PIN by SMS, mobile network, invitations, limits, the session.

May import notifications, companies and the packages below them.
"""
