"""Staff sign-in (password rules, limits on attempts, the record) and changes of administrators.

May import otp and the packages below it.
"""
