"""Model libraries wrapped, one file per kind of model; imported when a backend is loaded, never before."""
