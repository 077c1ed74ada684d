"""Compiled arrays of regulation: the forecast of all trains, and the price of an advice."""
