"""Lists of lines as customers send them: pasted text and sheets, read, checked and explained (A10).

Pure functions without database and views: the caller brings the text or the file, and a look-up of
what the directory knows. Nothing here raises for what a customer wrote or sent: the answer is rows,
or a sentence in Spanish.
"""
