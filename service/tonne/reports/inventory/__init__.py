"""An inventory: the request, the boundary, the footprint of each group."""
