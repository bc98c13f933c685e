"""An inventory: what was asked for, the boundary, the footprint of each group."""
