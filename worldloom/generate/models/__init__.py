"""Open-weight models behind small interfaces, and the chain from words to a world that they make together.

Importing this package loads no model library: `registry` lists what there is from plain records, and each backend's
file is imported when it is loaded. Nothing here downloads; model files are folders or an earlier `hf download`.
"""
