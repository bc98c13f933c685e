"""Files of people, mapped to records.

Takes from: files as people have them: tables of texts, workbooks, documents; and a profile.
Hands to: the command: frames of records, and what was left out and why.
Never: guesses in silence, reads an amount as a float, speaks to a server.
"""
