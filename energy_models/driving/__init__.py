"""Driving: profiles that take a train over a section, flat out, under a speed cap, or at the least energy."""
