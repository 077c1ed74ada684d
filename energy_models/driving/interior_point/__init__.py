"""The optimal run by a structured primal-dual interior-point method over distance.

Minimise the sum over cells of `cell · (Σ cost_k f_k - Σ value_k b_k)` over the node energies e and the forces: parts
f_k of the traction, parts b_k of the electric brake, friction c. In each cell
`(e1 - e0)/cell + R(e0, e1) + weight · slope = Σ f_k - Σ b_k - c`, every force lies between 0 and its largest value at
the cell's end (traction) or begin (brakes), e and the net acceleration have limits, and Σ 2 cell/(v0 + v1) = T.

The barrier method is that of Wächter and Biegler, Mathematical Programming 106 (2006), doi 10.1007/s10107-004-0559-y;
the elimination is ours. `solve` iterates. Each iteration linearises the train at the present point (`train_at_point`),
computes the distance of this point from the optimum (`optimality`), solves for Newton's direction (`newton`, `banded`),
and takes a step that keeps all slacks and duals positive (`step`). `problem` contains the given values and the
unknowns, `start` the first point.
"""
