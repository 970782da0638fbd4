"""Who works at the desk: how they sign in, what slows down guesses, and the record of it. Imports
otp and below.
"""
