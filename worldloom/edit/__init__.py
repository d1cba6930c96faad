"""Changing a world: every change is a small typed record, appended to the world's log, undone and replayed exactly.

`state` is what is changed, `operation` what a change is, `history` what a log of them makes of a world. Nothing here
imports torch before an operation is applied: a server and a command line parse and list operations without it.
"""
