"""The report: one self-contained page; each module makes one of its figures or tables from an experiment."""
