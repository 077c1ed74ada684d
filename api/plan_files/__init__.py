"""The folder of a plan: writing, recognition, reading and revision."""
