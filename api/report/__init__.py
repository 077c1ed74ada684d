"""The report: one self-contained page; each module makes one of its charts or tables from an experiment."""
