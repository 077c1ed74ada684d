"""Typical trains and supplies of metros, with ranges and sources: data files and their reader."""
