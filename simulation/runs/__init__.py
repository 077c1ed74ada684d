"""Sets of simulated days: replications, engines, stored days, sweeps and confidence intervals."""
