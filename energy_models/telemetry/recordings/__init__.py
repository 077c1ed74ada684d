"""Recordings as they arrive: CSV, Parquet, JSON and workbooks, compressed or not, become batches by a mapping."""
