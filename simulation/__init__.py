"""The judge: simulated days of trains, passengers, disturbances and the supply; replications and their statistics."""
