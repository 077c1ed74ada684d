"""The telemetry store: Parquet files by line, service day and vehicle; the only reader and writer of these files.

Invariants:

- A row is in the store if, and only if, a commit names its file. A commit is one file that appears in one step, so a
  half-written file is never read.
- A row is identified by line, vehicle, instant and contents. Two rows of the same instant with other contents are two
  versions; the one that was available last is read.
- Files are only written and removed by the process that has the lock of the store.
- After compaction, the bytes of the store depend on the batches alone, not on their order.
"""
