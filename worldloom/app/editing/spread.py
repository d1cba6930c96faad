"""Histograms of attributes of Gaussians."""

from __future__ import annotations
