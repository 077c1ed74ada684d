"""Columns that a recorder does not have, derived from the motion and the stations of the line.

Invariants:

- A column that a recorder has is never replaced.
- What the motion does not decide stays blank; the result names each derived column and how well the stations fit.
"""
