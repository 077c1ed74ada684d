"""Studies as people read them: charts, pages and words about sweeps and judgements."""
