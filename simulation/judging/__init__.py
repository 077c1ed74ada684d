"""Judgement of a plan: paired days of baseline and plan, the saving with its interval, and the verdict."""
