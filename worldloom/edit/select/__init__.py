"""Which Gaussians: criteria, and the operations that select, hide and lock by them."""
