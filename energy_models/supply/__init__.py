"""The DC traction supply: network values, device laws, the solver for one instant or a day, prices."""
