"""Documents of customers: inspection, storage, antivirus.

May import otp (limits), notifications, companies and what stands below them.
"""
