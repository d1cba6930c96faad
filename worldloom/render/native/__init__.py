"""The C++ engine's sources, how they are compiled (`build`) and how they are called (`library`)."""
