"""Plots that single commands write: a section driven, a supply solved, a vehicle calibrated."""
