"""Files of people, mapped to records.

Takes from: files as people have them, and the profile that says what stands where.
Hands to: `cli` (frames with the columns of a record, and remarks for people).
Never: a guess without a word, a float for an amount, more of a file in memory than a bound says.
"""
