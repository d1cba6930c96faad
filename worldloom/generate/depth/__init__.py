"""Our own depth network: trained on nothing but views of generated worlds, whose depth is known exactly."""
