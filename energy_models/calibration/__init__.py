"""Calibration: the parameters of a train from its telemetry, with intervals.

`recorded_motion` corrects speed and place, `stretches` cuts the motion by state, `balance` has the energy balances of
these stretches, `priors` what is known of the type and the sensors, `fit` and `problem` the estimator, `intervals` and
`verdict` its accuracy, `checks` and `causes` the reasons to refuse, and `estimate` calls them all.
"""
