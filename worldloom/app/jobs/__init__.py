"""Long work: which kinds there are, the dispatcher that starts workers, and the workers that do it."""
