"""Charts, pages and sentences for sweeps and judgements."""
