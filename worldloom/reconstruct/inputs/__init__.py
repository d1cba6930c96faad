"""One file per kind of input, each turning what a user has into `Photo` records and points for `collect`."""
