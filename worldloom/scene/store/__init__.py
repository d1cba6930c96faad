"""The world store: worlds with all their versions, uploads and operations, as content-addressed blobs and an index.

Nothing here needs torch: a server that lists, serves and edits worlds by their records stays small.
"""
