"""Lists of lines as customers send them: pasted text and sheets, read, checked and explained (A10).

Pure functions without database and views: the caller passes the text or the file, and a function
that looks up lines in the directory. Whatever a customer sends gives rows or a sentence in Spanish,
never an exception.
"""
