"""Documents of customers: inspection, storage, antivirus.

May import otp (limits), notifications, companies and the packages below them.
"""
